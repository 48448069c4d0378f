#include "fetch/resolver.hpp"

#include <chrono>
#include <future>

#include <gtest/gtest.h>

namespace certbound::fetch {

namespace {

Resolution resolve_with(Resolver& resolver, const std::string& host) {
  auto promise = std::make_shared<std::promise<Resolution>>();
  auto future = promise->get_future();
  resolver.resolve(host, [promise](Resolution resolution) { promise->set_value(std::move(resolution)); });
  if (future.wait_for(std::chrono::seconds{20}) != std::future_status::ready) return {{}, "no answer"};
  return future.get();
}

}  // namespace

TEST(SystemResolver, KnowsTheMachineItself) {
  const auto resolver = make_system_resolver();
  const Resolution resolution = resolve_with(*resolver, "localhost");
  ASSERT_FALSE(resolution.addresses.empty()) << resolution.error;
  for (const auto& address : resolution.addresses) EXPECT_TRUE(address.is_loopback()) << address;
}

TEST(SystemResolver, AnswersEveryoneWhoAsksForOneName) {
  const auto resolver = make_system_resolver();
  std::vector<std::future<Resolution>> answers;
  for (int i = 0; i < 100; ++i) {
    auto promise = std::make_shared<std::promise<Resolution>>();
    answers.push_back(promise->get_future());
    resolver->resolve("localhost", [promise](Resolution resolution) { promise->set_value(std::move(resolution)); });
  }
  for (auto& answer : answers) {
    ASSERT_EQ(answer.wait_for(std::chrono::seconds{20}), std::future_status::ready);
    EXPECT_FALSE(answer.get().addresses.empty());
  }
}

TEST(SystemResolver, SaysWhyThereIsNoAddress) {
  const auto resolver = make_system_resolver();
  // Longer than a name can be: no question leaves the machine.
  const Resolution resolution = resolve_with(*resolver, std::string(300, 'a'));
  EXPECT_TRUE(resolution.addresses.empty());
  EXPECT_FALSE(resolution.error.empty());
}

TEST(SystemResolver, EndsQuickly) {
  const auto began = std::chrono::steady_clock::now();
  {
    const auto resolver = make_system_resolver();
    resolver->resolve("localhost", [](const Resolution&) {});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{900});
}

}  // namespace certbound::fetch
