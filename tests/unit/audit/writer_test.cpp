#include "audit/writer.hpp"

#include <fstream>
#include <set>
#include <sys/stat.h>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/head_file.hpp"
#include "audit/rotation.hpp"
#include "audit/verify.hpp"
#include "unit/audit/file_size_limit.hpp"
#include "unit/store/coroutine_runner.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::audit {

namespace {

Event event_of(const std::string& request_id) {
  Event event;
  event.endpoint = "token";
  event.request_id = request_id;
  return event;
}

Task<Result<void>> record_event(Writer& writer, std::string request_id) {
  const Event event = event_of(request_id);
  co_return co_await writer.record(event);
}

/// Records on an event loop of its own, and waits.
Result<void> record_now(Writer& writer, const std::string& request_id) {
  boost::asio::io_context context{1};
  std::optional<Result<void>> recorded;
  store::start_task(context, record_event(writer, request_id), recorded);
  context.run();
  return recorded ? *std::move(recorded) : Result<void>{internal_error("no answer")};
}

Task<bool> record_many(Writer& writer, std::string name, int count) {
  for (int i = 0; i < count; ++i) {
    const Event event = event_of(name + "-" + std::to_string(i));
    const auto recorded = co_await writer.record(event);
    if (!recorded) co_return false;
  }
  co_return true;
}

/// The request ids of the file's decisions; each line has to be JSON.
std::vector<std::string> ids_in(const std::filesystem::path& path) {
  std::vector<std::string> ids;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    const auto record = nlohmann::json::parse(line);
    if (!record.contains("record")) ids.push_back(record["request_id"]);
  }
  return ids;
}

using Ids = std::vector<std::string>;

std::vector<std::string> lines_in(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace

/// A writer of each durability on a file in a folder of its own.
class WriterTest : public testing::TestWithParam<Durability> {
 protected:
  WriterTest() { open(); }
  void open() {
    Options options;
    options.durability = GetParam();
    auto opened = Writer::open(path_, options, registry_);
    if (!opened) throw std::runtime_error{opened.error().detail};
    writer_ = *std::move(opened);
  }
  /// A process that ends, and another that starts.
  void restart() {
    writer_.reset();
    open();
  }
  /// The files in the folder are one whole chain, up to the head that is noted at the end.
  void expect_whole() {
    restart();
    const auto files = find_rotated(path_);
    ASSERT_TRUE(files);
    const auto head = load_head(head_path(path_));
    ASSERT_TRUE(head && *head);
    const auto result = verify_files(*files, {{**head, "the head"}});
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->broken) << result->broken->file << ":" << result->broken->line << ": " << result->broken->what;
    EXPECT_EQ(result->head, **head);
    EXPECT_EQ(result->head, writer_->head());
    EXPECT_TRUE(result->has_genesis);
  }
  [[nodiscard]] double count_of(std::string_view name) { return registry_.counter(name, "").value(); }
  [[nodiscard]] double head_seq() { return registry_.gauge("certbound_audit_head_seq", "").value(); }

  store::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "audit.jsonl";
  metrics::Registry registry_;
  std::unique_ptr<Writer> writer_;
};

// Without a coroutine: an operator's command waits for it.
TEST_P(WriterTest, RecordsWhatOperatorsDeny) {
  ASSERT_TRUE(record_now(*writer_, "r-1"));
  DenialChange change;
  change.denial.subject = "j";
  ASSERT_TRUE(writer_->record(change));
  EXPECT_NE(lines_in(path_).back().find("\"record\":\"denial\""), std::string::npos);
  ASSERT_TRUE(record_now(*writer_, "r-2"));
  EXPECT_EQ(ids_in(path_), (Ids{"r-1", "r-2"}));
  expect_whole();
}

INSTANTIATE_TEST_SUITE_P(Durabilities, WriterTest, testing::Values(Durability::kernel, Durability::fsync),
                         [](const auto& instance) {
                           return instance.param == Durability::kernel ? "Kernel" : "Fsync";
                         });

TEST_P(WriterTest, HasWrittenTheRecordWhenItReturns) {
  ASSERT_TRUE(record_now(*writer_, "1"));
  EXPECT_EQ(ids_in(path_), Ids{"1"});
  ASSERT_TRUE(record_now(*writer_, "2"));
  EXPECT_EQ(ids_in(path_), (Ids{"1", "2"}));
  EXPECT_EQ(count_of("certbound_audit_records_total"), 2);
  EXPECT_TRUE(writer_->is_healthy());
}

TEST_P(WriterTest, MakesAFileThatOnlyItsOwnerReads) {
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_P(WriterTest, AppendsToWhatIsThere) {
  ASSERT_TRUE(record_now(*writer_, "1"));
  restart();
  ASSERT_TRUE(record_now(*writer_, "2"));
  EXPECT_EQ(ids_in(path_), (Ids{"1", "2"}));
  expect_whole();
}

// A power cut in the middle of a record: the next one stands on a line of its own.
TEST_P(WriterTest, EndsHalfALineThatIsThere) {
  ASSERT_TRUE(record_now(*writer_, "1"));
  writer_.reset();
  std::ofstream{path_, std::ios::app} << "{\"request_id\":\"2";
  open();
  ASSERT_TRUE(record_now(*writer_, "3"));
  ASSERT_TRUE(record_now(*writer_, "4"));
  std::vector<std::string> lines;
  std::ifstream file{path_};
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[2], "{\"request_id\":\"2");
  EXPECT_EQ(nlohmann::json::parse(lines[3])["reason"], "torn");
  EXPECT_EQ(nlohmann::json::parse(lines[3])["octets"], lines[2].size());
  EXPECT_EQ(nlohmann::json::parse(lines[4])["request_id"], "3");
  EXPECT_EQ(nlohmann::json::parse(lines[5])["request_id"], "4");
  expect_whole();
}

// logrotate renames the file, then sends SIGHUP.
TEST_P(WriterTest, GoesOnInANewFileAfterReopen) {
  const auto old_path = folder_.path() / "audit.jsonl.1";
  ASSERT_TRUE(record_now(*writer_, "1"));
  std::filesystem::rename(path_, old_path);
  ASSERT_TRUE(record_now(*writer_, "2"));
  {
    const FileSizeLimit limit{std::filesystem::file_size(old_path)};
    ASSERT_FALSE(record_now(*writer_, "lost"));
    EXPECT_FALSE(writer_->is_healthy());
  }
  ASSERT_TRUE(writer_->reopen());
  EXPECT_TRUE(writer_->is_healthy());
  ASSERT_TRUE(record_now(*writer_, "3"));

  EXPECT_EQ(ids_in(old_path), (Ids{"1", "2"}));
  EXPECT_EQ(ids_in(path_), Ids{"3"});
  expect_whole();
}

TEST_P(WriterTest, KeepsTheOldFileWhereItCannotBeReopened) {
  const auto old_path = folder_.path() / "audit.jsonl.1";
  std::filesystem::rename(path_, old_path);
  std::filesystem::create_directory(path_);
  const auto reopened = writer_->reopen();
  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error().code, ErrorCode::invalid_request);
  ASSERT_TRUE(record_now(*writer_, "1"));
  EXPECT_EQ(ids_in(old_path), Ids{"1"});
}

// Product section 8: a disk that is full refuses what needs it, shows it, and goes on when there is room again.
TEST_P(WriterTest, RefusesWhileTheDiskIsFull) {
  ASSERT_TRUE(record_now(*writer_, "1"));
  const auto size = std::filesystem::file_size(path_);
  {
    const FileSizeLimit limit{size};
    const auto refused = record_now(*writer_, "2");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::temporarily_unavailable);
    EXPECT_EQ(refused.error().reason, Reason::audit_unavailable);
    const auto now = std::chrono::steady_clock::now();
    EXPECT_FALSE(writer_->is_healthy(now));
    // Nobody may ask for tokens while /readyz says no: it says so for a while only.
    EXPECT_TRUE(writer_->is_healthy(now + Writer::kRetryAfter));
    EXPECT_EQ(count_of("certbound_audit_failures_total"), 1);
  }
  ASSERT_TRUE(record_now(*writer_, "3"));
  EXPECT_TRUE(writer_->is_healthy());
  EXPECT_EQ(ids_in(path_), (Ids{"1", "3"}));
  expect_whole();
}

// Half a line would spoil the next one.
TEST_P(WriterTest, TakesBackHalfARecord) {
  ASSERT_TRUE(record_now(*writer_, "1"));
  const auto size = std::filesystem::file_size(path_);
  {
    const FileSizeLimit limit{size + 10};
    EXPECT_FALSE(record_now(*writer_, "2"));
    EXPECT_EQ(std::filesystem::file_size(path_), size);
  }
  ASSERT_TRUE(record_now(*writer_, "3"));
  EXPECT_EQ(ids_in(path_), (Ids{"1", "3"}));
  expect_whole();
}

TEST_P(WriterTest, NeverMixesTheLinesOfTwoWorkers) {
  constexpr int kEach = 300;
  const auto work = [this](const std::string& name) {
    boost::asio::io_context context{1};
    std::optional<bool> first;
    std::optional<bool> second;
    store::start_task(context, record_many(*writer_, name + "-a", kEach), first);
    store::start_task(context, record_many(*writer_, name + "-b", kEach), second);
    context.run();
    EXPECT_EQ(first, true);
    EXPECT_EQ(second, true);
  };
  std::thread other{work, "one"};
  work("two");
  other.join();

  const Ids ids = ids_in(path_);
  EXPECT_EQ(ids.size(), 4U * kEach);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  expect_whole();
  EXPECT_EQ(head_seq(), 1 + 4 * kEach);
}

// A record that another thread is writing is not half a line that a power cut left.
TEST_P(WriterTest, ReopensBetweenTheLinesOfAWorker) {
  constexpr int kRecords = 2000;
  std::thread worker{[this] {
    boost::asio::io_context context{1};
    std::optional<bool> done;
    store::start_task(context, record_many(*writer_, "r", kRecords), done);
    context.run();
    EXPECT_EQ(done, true);
  }};
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(writer_->reopen());
  worker.join();

  EXPECT_EQ(ids_in(path_).size(), std::size_t{kRecords});
  expect_whole();
}

TEST(WriterOpen, RefusesWhatIsNoRegularFile) {
  const store::TemporaryFolder folder;
  metrics::Registry registry;
  for (const std::filesystem::path& path :
       {folder.path(), std::filesystem::path{"/dev/full"}, folder.path() / "missing" / "audit.jsonl"}) {
    const auto opened = Writer::open(path, Options{}, registry);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().code, ErrorCode::invalid_request);
    EXPECT_TRUE(opened.error().detail.starts_with(path.string() + ": ")) << opened.error().detail;
  }
}

}  // namespace certbound::audit
