#include "audit/chained_file.hpp"

#include <cerrno>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "unit/audit/chain_fixture.hpp"

namespace certbound::audit {

namespace {

nlohmann::json json_of(const std::string& line) { return nlohmann::json::parse(line); }

nlohmann::json first_record(const std::filesystem::path& path) { return json_of(lines_of(path).at(0)); }

/// The next write ends after `octets`, and what it wrote cannot be taken back where `keeps` says so.
class FullDisk : public Disk {
 public:
  std::int64_t write(int descriptor, std::string_view text) override {
    if (octets < 0) return Disk::write(descriptor, text);
    errno = ENOSPC;
    return octets == 0 ? -1 : Disk::write(descriptor, text.substr(0, static_cast<std::size_t>(octets)));
  }
  int truncate(int descriptor, std::int64_t size_bytes) override {
    if (!keeps) return Disk::truncate(descriptor, size_bytes);
    errno = EIO;
    return -1;
  }
  std::int64_t octets = -1;  // negative: all
  bool keeps = false;
};

}  // namespace

class ChainedFileTest : public ChainFixture {
 protected:
  void expect_whole(std::size_t remarks = 0) const {
    const Verification result = verify_all();
    EXPECT_EQ(describe(result), "whole") << (result.broken ? result.broken->what : "");
    EXPECT_EQ(result.remarks.size(), remarks);
    EXPECT_EQ(result.head, noted());
    if (log_) {
      EXPECT_EQ(result.head, log_->head());
    }
  }
};

TEST_F(ChainedFileTest, BeginsWithAnAnchor) {
  open();
  const nlohmann::json anchor = first_record(path_);
  EXPECT_EQ(anchor["record"], "anchor");
  EXPECT_EQ(anchor["reason"], "first");
  EXPECT_EQ(anchor["time"], "2026-01-15T12:00:00Z");
  EXPECT_EQ(anchor["seq"], 1);
  EXPECT_EQ(anchor["prev"], "genesis");
  expect_whole();
}

TEST_F(ChainedFileTest, GoesOnAfterARestartWithoutAWord) {
  open();
  append("1");
  open();
  append("2");
  EXPECT_EQ(lines_of(path_).size(), 3U);
  expect_whole();
}

TEST_F(ChainedFileTest, SealsABatchInItsOrder) {
  open();
  const std::vector<std::string> records{record_of("1"), record_of("2"), record_of("3")};
  ASSERT_FALSE(log_->append(records));
  EXPECT_EQ(log_->head().seq, 4U);
  EXPECT_EQ(json_of(lines_of(path_)[2])["request_id"], "2");
  expect_whole();
}

// A killed process may have written a record whose head it did not note.
TEST_F(ChainedFileTest, TakesRecordsBehindTheNotedHead) {
  open();
  append("1");
  const std::string head = read_text(noted_path());
  append("2");
  append("3");
  close();
  write_text(noted_path(), head);
  open();
  append("4");
  EXPECT_EQ(lines_of(path_).size(), 6U);
  EXPECT_EQ(json_of(lines_of(path_)[4])["reason"], "head_behind");
  expect_whole(1);
}

TEST_F(ChainedFileTest, TakesAnAnchorWhoseHeadWasNotNoted) {
  open();
  append("1");
  const std::string head = read_text(noted_path());
  std::filesystem::rename(path_, path_.string() + ".1");
  ASSERT_TRUE(log_->reopen());
  ASSERT_FALSE(log_->append({}));
  close();
  write_text(noted_path(), head);
  open();
  append("2");
  EXPECT_EQ(lines_of(path_).size(), 3U);
  expect_whole(1);
}

TEST_F(ChainedFileTest, GoesOnWhereTheFileIsGone) {
  open();
  append("1");
  close();
  std::filesystem::rename(path_, path_.string() + ".1");
  open();
  append("2");
  EXPECT_EQ(first_record(path_)["reason"], "restarted");
  EXPECT_EQ(first_record(path_)["seq"], 3);
  expect_whole(1);
  std::filesystem::remove(path_.string() + ".1");
  EXPECT_FALSE(verify_all().has_genesis);
}

TEST_F(ChainedFileTest, NotesThatItsHeadIsGone) {
  open();
  append("1");
  close();
  std::filesystem::remove(noted_path());
  open();
  append("2");
  EXPECT_EQ(json_of(lines_of(path_)[2])["reason"], "head_missing");
  expect_whole(1);
}

TEST_F(ChainedFileTest, NotesThatItsHeadIsNoHead) {
  open();
  append("1");
  close();
  write_text(noted_path(), "nonsense");
  open();
  EXPECT_EQ(json_of(lines_of(path_)[2])["reason"], "head_missing");
  expect_whole(1);
}

// A process is killed between a record and its head, and the file is moved before the next one starts.
TEST_F(ChainedFileTest, LooksForWhatWasNotNotedInFilesThatWereMoved) {
  open();
  append("1");
  const std::string head = read_text(noted_path());
  append("2");
  close();
  write_text(noted_path(), head);
  std::filesystem::rename(path_, path_.string() + ".1");
  open();
  append("3");
  EXPECT_EQ(first_record(path_)["seq"], 4);
  expect_whole(1);
}

// Whatever somebody did to the file while no process had it open: the chain goes on from what was noted, so that the
// break stays.
TEST_F(ChainedFileTest, SetsAsideAFileThatWasChanged) {
  open();
  for (const char* id : {"1", "2", "3"}) append(id);
  close();
  const std::vector<std::string> lines = lines_of(path_);
  std::string changed = lines[3];
  changed.replace(changed.find("etl"), 3, "ets");
  Head at{4, crypto::sha256(std::string_view{lines[3]})};
  std::string next = record_of("4");
  seal(next, 0, at);
  std::string unchained = next;
  unchained.replace(unchained.size() - 10, 1, unchained[unchained.size() - 10] == 'A' ? "B" : "A");
  for (const std::string& text :
       {join_lines({lines[0], lines[1], lines[2]}),           // the end was cut
        join_lines({lines[0], lines[1], lines[2], changed}),  // the last record was changed
        join_lines(lines) + unchained,                        // records were added that do not follow
        std::string{"nonsense\n"}, join_lines({lines[0], lines[1], lines[2]}) + lines[3].substr(0, 20)}) {
    const store::TemporaryFolder folder;
    const auto path = folder.path() / "audit.jsonl";
    write_text(path, text);
    std::filesystem::copy_file(noted_path(), head_path(path));
    auto opened = ChainedFile::open(path, options_, metrics::Gauge{registry_.gauge("other", "")}, system_disk());
    ASSERT_TRUE(opened) << text;
    ASSERT_FALSE((*opened)->append({}));

    EXPECT_EQ(read_text(path.string() + ".20260115T120000Z"), text);
    const nlohmann::json anchor = first_record(path);
    EXPECT_EQ(anchor["reason"], "replaced");
    EXPECT_EQ(anchor["set_aside"], "audit.jsonl.20260115T120000Z");
    EXPECT_EQ(anchor["seq"], 5);
    EXPECT_EQ(anchor["prev"], at.seq == 5 ? noted().hash.to_base64url() : "");
    EXPECT_TRUE(verify(*find_rotated(path)).broken) << text;
  }
}

// The log of a version that had no chain.
TEST_F(ChainedFileTest, SetsAsideAFileWithoutAChain) {
  write_text(path_, record_of("1"));
  open();
  append("2");
  EXPECT_EQ(read_text(path_.string() + ".20260115T120000Z"), record_of("1"));
  EXPECT_EQ(first_record(path_)["reason"], "replaced");
  EXPECT_EQ(first_record(path_)["prev"], "genesis");
  EXPECT_EQ(describe(verify({path_}, {{noted(), "the head"}})), "whole");
}

// The record is there but for its last octet: nothing of it is lost.
TEST_F(ChainedFileTest, EndsARecordThatLacksItsLineFeed) {
  open();
  append("1");
  const std::string head = read_text(noted_path());
  append("2");
  close();
  const std::string text = read_text(path_);
  write_text(path_, text.substr(0, text.size() - 1));
  write_text(noted_path(), head);
  open();
  append("3");
  EXPECT_EQ(lines_of(path_).size(), 5U);
  expect_whole(1);
}

TEST_F(ChainedFileTest, EndsHalfALineOfEveryLength) {
  open();
  append("1");
  close();
  const std::string text = read_text(path_);
  const std::string head = read_text(noted_path());
  Head at = noted();
  std::string next = record_of("2");
  seal(next, 0, at);
  for (std::size_t length = 1; length + 1 < next.size(); ++length) {
    write_text(path_, text + next.substr(0, length));
    write_text(noted_path(), head);
    open();
    append("3");
    expect_whole(1);
    close();
  }
}

// The server is killed while it ends half a line, again and again.
TEST_F(ChainedFileTest, EndsHalfALineThatItBeganToEnd) {
  open();
  append("1");
  close();
  const std::string text = read_text(path_);
  const std::string head = read_text(noted_path());
  write_text(path_, text + "half");
  open();
  close();
  const std::string ended = read_text(path_);
  for (std::size_t length = text.size() + 4; length < ended.size(); ++length) {
    write_text(path_, ended.substr(0, length));
    write_text(noted_path(), head);
    open();
    append("2");
    EXPECT_EQ(describe(verify_all()), "whole") << length;
    close();
    write_text(noted_path(), head);  // and from the last record back over all of it
    open();
    EXPECT_EQ(describe(verify_all()), "whole") << length;
    close();
  }
}

TEST_F(ChainedFileTest, EndsHalfAnAnchorOfEveryLength) {
  open();
  const std::string anchor = read_text(path_);
  close();
  for (std::size_t length = 1; length < anchor.size(); ++length) {
    write_text(path_, anchor.substr(0, length));
    std::filesystem::remove(noted_path());
    open();
    append("1");
    const Verification result = verify_all();
    EXPECT_EQ(describe(result), "whole") << length;
    EXPECT_TRUE(result.has_genesis);
    close();
  }
}

TEST_F(ChainedFileTest, AdvancesOnlyWithWhatIsInTheFile) {
  FullDisk disk;
  open(disk);
  append("1");
  const std::string text = read_text(path_);
  for (const std::int64_t octets : {0, 1, 50}) {
    disk.octets = octets;
    EXPECT_TRUE(try_append("lost"));
    disk.octets = -1;
    EXPECT_EQ(read_text(path_), text);
    EXPECT_EQ(log_->head().seq, 2U);
  }
  append("2");
  EXPECT_EQ(lines_of(path_).size(), 3U);
  expect_whole();
}

// Whole records of a batch that failed are of the chain, and half a one is ended: at every octet.
TEST_F(ChainedFileTest, FindsOutWhatOfABatchIsInTheFile) {
  const std::vector<std::string> records{record_of("1"), record_of("2")};
  for (std::int64_t octets = 1; octets < 340; ++octets) {
    FullDisk disk;
    std::filesystem::remove(path_);
    std::filesystem::remove(noted_path());
    open(disk);
    disk.octets = octets;
    disk.keeps = true;
    EXPECT_TRUE(log_->append(records));
    EXPECT_TRUE(try_append("still full"));
    disk.octets = -1;
    append("3");
    const Verification result = verify_all();
    ASSERT_EQ(describe(result), "whole") << octets << "\n" << read_text(path_);
    EXPECT_EQ(result.head, log_->head());
    close();
  }
}

// Also where the file is moved before the next record: its end is that of a whole chain.
TEST_F(ChainedFileTest, EndsHalfARecordBeforeItLeavesTheFile) {
  FullDisk disk;
  open(disk);
  append("1");
  disk.octets = 20;
  disk.keeps = true;
  EXPECT_TRUE(try_append("lost"));
  disk.octets = -1;
  std::filesystem::rename(path_, path_.string() + ".1");
  ASSERT_TRUE(log_->reopen());
  append("2");
  expect_whole(1);
}

TEST_F(ChainedFileTest, WritesItsAnchorLaterWhereTheDiskIsFull) {
  FullDisk disk;
  disk.octets = 0;
  EXPECT_THROW(open(disk), std::runtime_error);
  EXPECT_TRUE(try_append("1"));
  disk.octets = -1;
  append("2");
  EXPECT_EQ(first_record(path_)["reason"], "first");
  EXPECT_EQ(lines_of(path_).size(), 2U);
  expect_whole();
}

TEST_F(ChainedFileTest, SetsAsideAFullFile) {
  options_.rotate_size = 1000;
  open();
  for (int i = 0; i < 50; ++i) append(std::to_string(i));
  EXPECT_GT(files().size(), 5U);
  EXPECT_TRUE(std::filesystem::exists(path_.string() + ".20260115T120000Z.2"));
  for (const auto& file : files()) {
    EXPECT_EQ(first_record(file)["record"], "anchor");
    EXPECT_LT(std::filesystem::file_size(file), 1300U);
  }
  EXPECT_EQ(first_record(path_)["reason"], "rotated");
  expect_whole();
  const Verification result = verify_all();
  EXPECT_EQ(result.records, 50 + files().size());
}

TEST_F(ChainedFileTest, GoesOnInTheFullFileWhereItCannotBeSetAside) {
  path_ = folder_.path() / std::string(250, 'a');  // with a time behind it the name is too long
  options_.rotate_size = 1000;
  open();
  for (int i = 0; i < 50; ++i) append(std::to_string(i));
  EXPECT_EQ(lines_of(path_).size(), 51U);
  EXPECT_EQ(describe(verify({path_}, {{noted(), "the head"}})), "whole");
}

TEST_F(ChainedFileTest, BeginsAnotherFileWhereSomebodyMovedTheFullOne) {
  options_.rotate_size = 1000;
  open();
  append("0");
  std::filesystem::rename(path_, path_.string() + ".1");
  for (int i = 1; i < 8; ++i) append(std::to_string(i));
  EXPECT_EQ(files(), (std::vector<std::filesystem::path>{path_, path_.string() + ".1"}));
  expect_whole();
}

TEST_F(ChainedFileTest, LeavesTheFileAloneWhenItIsReopenedWhereItStands) {
  open();
  append("1");
  ASSERT_TRUE(log_->reopen());
  append("2");
  EXPECT_EQ(lines_of(path_).size(), 3U);
  expect_whole();
}

// logrotate's copytruncate, and a file that somebody put there.
TEST_F(ChainedFileTest, AnchorsAFileThatWasEmptiedOrExchanged) {
  open();
  append("1");
  std::filesystem::copy_file(path_, path_.string() + ".1");
  std::filesystem::resize_file(path_, 0);
  ASSERT_TRUE(log_->reopen());
  append("2");
  EXPECT_EQ(first_record(path_)["reason"], "rotated");
  expect_whole();
  std::filesystem::rename(path_, path_.string() + ".2");
  write_text(path_, "nonsense\n");
  ASSERT_TRUE(log_->reopen());
  append("3");
  EXPECT_EQ(first_record(path_)["reason"], "replaced");
  EXPECT_EQ(describe(verify({path_, path_.string() + ".1", path_.string() + ".2"}, {{noted(), "the head"}})), "whole");
}

// Noting it costs as much as a record, so somebody else does, a little later.
TEST_F(ChainedFileTest, AsksOnceForItsHeadToBeNoted) {
  int asked = 0;
  options_.on_head_behind = [&asked] { ++asked; };
  open();
  append("1");
  append("2");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(read_text(noted_path()), "");
  log_->note_head();
  EXPECT_EQ(noted(), log_->head());
  append("3");
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(noted().seq, 3U);
}

TEST_F(ChainedFileTest, NotesItsHeadBeforeItLeavesTheFile) {
  options_.on_head_behind = [] {};
  options_.rotate_size = 1000;
  open();
  append("1");
  std::filesystem::rename(path_, path_.string() + ".1");
  ASSERT_TRUE(log_->reopen());
  EXPECT_EQ(noted().seq, 2U);
  for (int i = 2; i < 12; ++i) append(std::to_string(i));
  EXPECT_GT(files().size(), 2U);
  close();
  EXPECT_GT(noted().seq, 5U);
  options_.on_head_behind = nullptr;
  open();
  append("12");
  expect_whole(1);
}

// Who can read the log can make records that follow. A process knows what it has written.
TEST_F(ChainedFileTest, DoesNotTakeWhatSomebodyAddedMeanwhile) {
  open();
  append("1");
  Head at = log_->head();
  std::string forged = record_of("forged");
  seal(forged, 0, at);
  std::ofstream{path_, std::ios::app} << forged;
  ASSERT_TRUE(log_->reopen());
  append("2");
  EXPECT_EQ(first_record(path_)["reason"], "replaced");
  EXPECT_EQ(first_record(path_)["seq"], 3);
  const Verification result = verify_all();
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->kind, "inserted");
}

TEST_F(ChainedFileTest, MakesItsHeadAnewWhereThatWasMoved) {
  open();
  append("1");
  std::filesystem::remove(noted_path());
  ASSERT_TRUE(log_->reopen());
  EXPECT_EQ(noted(), log_->head());
}

}  // namespace certbound::audit
