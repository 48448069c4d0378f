// With Durability::fsync a power cut at any write loses no record that was acknowledged, whatever the disk kept of what
// was not synced.

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "audit/writer.hpp"
#include "unit/audit/chain_fixture.hpp"
#include "unit/store/coroutine_runner.hpp"

namespace certbound::audit {

namespace {

/// Works until the call of the given number, of which it does a part; then nothing does any more.
class CutDisk : public Disk {
 public:
  CutDisk(int cut_at, int percent) : left_{cut_at}, percent_{percent} {}

  std::int64_t write(int descriptor, std::string_view text) override {
    if (left_-- > 0) return Disk::write(descriptor, text);
    if (left_ == -1) {
      const std::size_t part = text.size() * static_cast<std::size_t>(percent_) / 100;
      if (part > 0 && Disk::write(descriptor, text.substr(0, part)) != static_cast<std::int64_t>(part)) {
        throw std::runtime_error{"the real disk"};
      }
    }
    return fail();
  }
  int truncate(int descriptor, std::int64_t size_bytes) override {
    return left_-- > 0 ? Disk::truncate(descriptor, size_bytes) : fail();
  }
  int sync(int descriptor) override {
    if (left_-- <= 0) return fail();
    struct stat status {};
    EXPECT_EQ(::fstat(descriptor, &status), 0);
    if (S_ISREG(status.st_mode)) synced_[status.st_ino] = static_cast<std::uintmax_t>(status.st_size);
    return Disk::sync(descriptor);
  }

  [[nodiscard]] bool was_cut() const { return left_ < 0; }
  /// How much of a file is on the disk for sure.
  [[nodiscard]] std::uintmax_t synced(const std::filesystem::path& file) const {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) throw std::runtime_error{file.string()};
    const auto found = synced_.find(status.st_ino);
    return found == synced_.end() ? 0 : found->second;
  }

 private:
  static int fail() {
    errno = EIO;
    return -1;
  }
  int left_;
  const int percent_;
  std::map<::ino_t, std::uintmax_t> synced_;
};

Task<bool> record_until_cut(Writer& writer, std::string name, std::vector<std::string>& acknowledged) {
  for (int i = 0; i < 4; ++i) {
    Event event;
    event.endpoint = "token";
    event.request_id = name + std::to_string(i);
    const auto recorded = co_await writer.record(event);
    if (!recorded) co_return false;
    acknowledged.push_back(event.request_id);
  }
  co_return true;
}

/// What the disk may have kept of the octets that were not synced.
enum class Kept { all, half, none };

}  // namespace

class PowerCut : public ChainFixture {
 protected:
  PowerCut() {
    writer_options_.durability = Durability::fsync;
    writer_options_.rotate_size = 1500;
    options_.durability = Durability::fsync;
  }

  /// Three workers' coroutines at a time, until the cut.
  void load(Disk& disk) {
    acknowledged_.clear();
    const auto writer = Writer::open(path_, writer_options_, registry_, disk);
    if (!writer) return;  // cut at the start
    boost::asio::io_context context{1};
    std::array<std::optional<bool>, 3> done;
    for (std::size_t i = 0; i < done.size(); ++i) {
      store::start_task(context, record_until_cut(**writer, std::string(1, static_cast<char>('a' + i)), acknowledged_),
                        done[i]);
    }
    context.run();
  }

  void lose(const CutDisk& disk, Kept kept) {
    for (const auto& file : files()) {
      const std::uintmax_t size = std::filesystem::file_size(file);
      const std::uintmax_t synced = std::min(disk.synced(file), size);
      if (kept == Kept::none) std::filesystem::resize_file(file, synced);
      if (kept == Kept::half) std::filesystem::resize_file(file, synced + (size - synced) / 2);
    }
  }

  void expect_acknowledged() const {
    std::vector<std::string> found;
    for (const auto& file : files()) {
      for (const std::string& line : lines_of(file)) {
        if (!parse_link(line) || kind_of(line) != RecordKind::decision) continue;
        found.push_back(nlohmann::json::parse(line)["request_id"]);
      }
    }
    for (const std::string& id : acknowledged_) EXPECT_NE(std::find(found.begin(), found.end(), id), found.end()) << id;
  }

  /// At most a torn tail; and after a restart nothing.
  void expect_proof() {
    if (std::filesystem::exists(noted_path()) && std::filesystem::file_size(noted_path()) > 0) {
      const Verification result = verify_all();
      EXPECT_TRUE(!result.broken || result.broken->kind == "torn") << describe(result) << ": " << result.broken->what;
    }
    open();
    append("after");
    const Verification result = verify_all();
    EXPECT_EQ(describe(result), "whole") << (result.broken ? result.broken->what : "");
    close();
  }

  void start_over() {
    for (const auto& file : files()) std::filesystem::remove(file);
    std::filesystem::remove(noted_path());
  }

  Options writer_options_;
  std::vector<std::string> acknowledged_;
};

TEST_F(PowerCut, LosesNoAcknowledgedRecordAtAnyCall) {
  std::size_t cuts = 0;
  std::size_t most_acknowledged = 0;
  for (const Kept kept : {Kept::all, Kept::half, Kept::none}) {
    for (const int percent : {0, 1, 50, 99, 100}) {
      for (int cut_at = 0;; ++cut_at) {
        CutDisk disk{cut_at, percent};
        load(disk);
        if (!disk.was_cut()) break;
        ++cuts;
        most_acknowledged = std::max(most_acknowledged, acknowledged_.size());
        lose(disk, kept);
        expect_acknowledged();
        expect_proof();
        start_over();
        if (HasFailure()) FAIL() << "cut at call " << cut_at << ", " << percent << " % of it written";
      }
      EXPECT_EQ(acknowledged_.size(), 12U);
      start_over();
    }
  }
  EXPECT_GT(cuts, 100U);
  EXPECT_GT(most_acknowledged, 5U);
}

}  // namespace certbound::audit
