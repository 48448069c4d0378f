#include "app/deny_feed.hpp"

#include <atomic>
#include <condition_variable>
#include <stdexcept>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "certbound/token_verifier.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "oauth/endpoints/deny_feed.hpp"
#include "oauth/endpoints/documents.hpp"
#include "store/live_denials.hpp"

namespace certbound::app {

namespace {

using model::Denial;
using model::DenialKind;
using model::DenialOrigin;

template <typename T>
T value_of_result(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().detail};
  return *std::move(result);
}

std::shared_ptr<const oauth::Snapshot> make_feed_snapshot() {
  oauth::SigningKey key;
  key.key = value_of_result(crypto::make_key(crypto::KeyType::ec_p256));
  key.record.kid = value_of_result(jose::key_thumbprint(*key.key)).to_base64url();
  auto snapshot = std::make_shared<oauth::Snapshot>();
  snapshot->issuer = "https://as.example:8443";
  snapshot->keys.push_back(std::move(key));
  snapshot->jwks = value_of_result(oauth::render_jwks(snapshot->keys, std::chrono::seconds{300}));
  return snapshot;
}

/// As many as there may be of an origin, each as long in the feed as it can be.
void append_fullest(std::vector<Denial>& denials, std::size_t count, const Denial& like, std::size_t octets) {
  for (std::size_t i = 0; i < count; ++i) {
    Denial denial = like;
    const std::string number = std::to_string(i);
    // Escaped, a quote takes two octets.
    denial.subject = std::string(octets - number.size(), octets > 100 ? '"' : 'x') + number;
    denials.push_back(std::move(denial));
  }
}

std::vector<Denial> fullest() {
  constexpr WallTime kLatest = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  const store::DenialLimits limits;
  std::vector<Denial> denials;
  Denial like;
  like.until = kLatest;
  append_fullest(denials, limits.of_clients, like, 22);
  like.issued_before = wall_now();
  like.kind = DenialKind::thumbprint;
  append_fullest(denials, limits.of_server, like, 43);
  like.kind = DenialKind::client;
  append_fullest(denials, limits.of_operators, like, 255);
  return denials;
}

/// The denials of a test, which counts how often they are read, and can fail.
struct Rows {
  std::vector<Denial> denials;
  std::atomic<int> reads = 0;
  std::atomic<bool> is_broken = false;
};

class RowReader final : public store::DenialReader {
 public:
  explicit RowReader(Rows& rows) : rows_{rows} {}
  Result<std::vector<Denial>> list_denials(std::uint64_t after_id, std::size_t /*limit*/) override {
    if (rows_.is_broken) return internal_error("locked");
    if (after_id == 0) ++rows_.reads;
    return after_id == 0 ? rows_.denials : std::vector<Denial>{};
  }

 private:
  Rows& rows_;
};

}  // namespace

class DenyFeedTest : public testing::Test {
 protected:
  DenyFeedTest()
      : feed_{std::make_unique<RowReader>(rows_),
              [this](const std::shared_ptr<const oauth::Document>& feed) {
                const std::lock_guard lock{mutex_};
                shown_.push_back(feed);
              },
              [this] {
                const std::lock_guard lock{mutex_};
                is_woken_ = true;
                woken_.notify_all();
              }} {
    Denial denial;
    denial.id = 1;
    denial.subject = "a";
    rows_.denials = {denial};
  }
  ~DenyFeedTest() override { feed_.stop(); }

  /// Does what the main loop does until so many were made, and comes back with the last.
  std::shared_ptr<const oauth::Document> run_until(std::size_t count) {
    for (;;) {
      const auto quiet = feed_.do_what_is_due(snapshot_);
      std::unique_lock lock{mutex_};
      if (shown_.size() >= count) return shown_.back();
      woken_.wait_for(lock, quiet, [this] { return is_woken_; });
      is_woken_ = false;
    }
  }

  Rows rows_;
  std::mutex mutex_;  // guards shown_ and is_woken_
  bool is_woken_ = false;
  std::condition_variable woken_;
  std::vector<std::shared_ptr<const oauth::Document>> shown_;
  std::shared_ptr<const oauth::Snapshot> snapshot_ = make_feed_snapshot();
  DenyFeed feed_;
};

TEST_F(DenyFeedTest, ReadsTheDenialsWhereTheyHaveChangedAlone) {
  feed_.make_first(snapshot_);
  ASSERT_TRUE(shown_.back());
  EXPECT_EQ(rows_.reads, 1);
  EXPECT_GT(feed_.do_what_is_due(snapshot_), std::chrono::seconds{30});
  snapshot_ = make_feed_snapshot();
  ASSERT_TRUE(run_until(2));
  EXPECT_EQ(rows_.reads, 1);
  EXPECT_TRUE(feed_.note_change());
  EXPECT_FALSE(feed_.note_change());
  ASSERT_TRUE(run_until(3));
  EXPECT_EQ(rows_.reads, 2);
}

// Not when half its life is over: nobody who works offline could accept anything until then.
TEST_F(DenyFeedTest, IsTriedAgainSoonWhereItCouldNotBeMade) {
  const auto began = std::chrono::steady_clock::now();
  rows_.is_broken = true;
  feed_.make_first(snapshot_);
  EXPECT_FALSE(shown_.back());
  rows_.is_broken = false;
  EXPECT_TRUE(run_until(2));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
}

TEST_F(DenyFeedTest, IsMadeNoMoreWhenItWasStopped) {
  feed_.make_first(snapshot_);
  feed_.stop();
  EXPECT_TRUE(feed_.note_change());
  (void)feed_.do_what_is_due(snapshot_);
  EXPECT_EQ(shown_.size(), 1U);
}

// As full as it can be, by what limits it: made, and taken by the library with what it takes at the most.
TEST(FullestDenyFeed, IsTakenByVerifiers) {
  const auto snapshot = make_feed_snapshot();
  const std::vector<Denial> denials = fullest();
  const auto began = std::chrono::steady_clock::now();
  auto signer = value_of_result(oauth::TokenSigner::make(snapshot->active_key()));
  const auto feed = oauth::render_deny_feed(denials, *snapshot, signer, wall_now());
  const auto made = std::chrono::steady_clock::now();
  ASSERT_TRUE(feed) << feed.error().detail;
  VerifierOptions options;
  options.issuer = snapshot->issuer;
  options.audiences = {"https://api.example.com"};
  options.jwks = snapshot->jwks.body;
  options.fetch_denied = [&feed] { return std::optional{feed->body}; };
  TokenVerifier verifier{std::move(options)};
  EXPECT_TRUE(verifier.refresh_denied()) << verifier.denied_status().problem;
  const auto taken = std::chrono::steady_clock::now();
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  RecordProperty("entries", static_cast<int>(denials.size()));
  RecordProperty("octets", static_cast<int>(feed->body.size()));
  RecordProperty("made_ms", static_cast<int>(duration_cast<milliseconds>(made - began).count()));
  RecordProperty("taken_ms", static_cast<int>(duration_cast<milliseconds>(taken - made).count()));
}

}  // namespace certbound::app
