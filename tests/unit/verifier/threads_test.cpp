// What many threads do at once with one verifier: for ThreadSanitizer, and for the counts.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "issuer.hpp"

namespace certbound::verifier {

namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 60;

template <typename Work>
void run_on_threads(const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST(TokenVerifierThreads, DecideAllTheSame) {
  const test::Issuer issuer;
  std::vector<std::string> tokens;
  for (int i = 0; i < 12; ++i) {
    auto claims = test::good_claims();
    claims["jti"] = std::to_string(i);
    tokens.push_back(issuer.token(claims));
  }
  auto options = test::options_for(issuer);
  options.cached_tokens = 5;  // they displace each other
  const TokenVerifier verifier{std::move(options)};
  const auto right = test::presented();
  const auto wrong = test::other_presented();
  std::atomic<int> accepted{0};
  std::atomic<int> refused{0};
  run_on_threads([&](int thread) {
    for (int i = 0; i < kRounds; ++i) {
      const std::string& token = tokens[static_cast<std::size_t>(i + thread) % tokens.size()];
      const auto decision = verifier.verify(token, right, {"orders.read"});
      if (decision && decision.token().token_id == std::to_string((i + thread) % 12)) ++accepted;
      if (!verifier.verify(token, wrong)) ++refused;
    }
  });
  EXPECT_EQ(accepted, kThreads * kRounds);
  EXPECT_EQ(refused, kThreads * kRounds);
}

// Keys are exchanged under those who verify: the token of the key that always stays is never refused, and the other is
// refused for want of its key or accepted.
TEST(TokenVerifierThreads, GoOnWhileTheKeysChange) {
  const test::Issuer staying;
  const test::Issuer coming{"k2"};
  const std::array<std::string, 2> sets{staying.jwks(), nlohmann::json{{"keys", {staying.jwk(), coming.jwk()}}}.dump()};
  std::atomic<unsigned> asked{0};
  std::atomic<long long> time{test::kNow.time_since_epoch().count()};
  auto options = test::options_for(staying);
  options.jwks.clear();
  options.refresh_interval = std::chrono::seconds{1};
  options.minimum_refresh_interval = std::chrono::seconds{1};
  options.fetch_keys = [&] { return std::optional{sets[++asked % 2]}; };
  options.clock = [&] { return std::chrono::sys_seconds{std::chrono::seconds{time.load()}}; };
  TokenVerifier verifier{std::move(options)};
  ASSERT_TRUE(verifier.refresh_keys());
  const std::string staying_token = staying.token();
  const std::string coming_token = coming.token();
  const auto certificate = test::presented();
  std::atomic<int> wrong{0};
  run_on_threads([&](int thread) {
    for (int i = 0; i < kRounds; ++i) {
      if (thread == 0) ++time;
      if (thread == 1 && i % 7 == 0 && !verifier.refresh_keys()) ++wrong;
      if (thread == 2 && i % 7 == 0 && !verifier.replace_keys(sets[0])) ++wrong;
      if (!verifier.verify(staying_token, certificate)) ++wrong;
      const auto decision = verifier.verify(coming_token, certificate);
      if (!decision && decision.refusal().reason != RefusalReason::key_unknown) ++wrong;
      if (verifier.key_status().keys == 0) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(asked, 2U);
}

// Without keys, many at once ask one time.
TEST(TokenVerifierThreads, AskOnceAtATime) {
  const test::Issuer issuer;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  auto options = test::options_for(issuer);
  options.jwks.clear();
  options.fetch_keys = [&] {
    const int now_inside = ++inside;
    if (now_inside > most) most = now_inside;
    std::this_thread::yield();
    --inside;
    return std::optional{issuer.jwks()};
  };
  TokenVerifier verifier{std::move(options)};
  const auto certificate = test::presented();
  const std::string token = issuer.token();
  run_on_threads([&](int) {
    for (int i = 0; i < kRounds; ++i) {
      if (i % 10 == 0) (void)verifier.refresh_keys();
      const auto decision = verifier.verify(token, certificate);
      if (decision) continue;
      EXPECT_EQ(decision.refusal().reason, RefusalReason::keys_unavailable);
    }
  });
  EXPECT_EQ(most, 1);
  EXPECT_TRUE(verifier.verify(token, certificate));
}

}  // namespace certbound::verifier
