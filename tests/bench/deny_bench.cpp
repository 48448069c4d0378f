// The deny list with N entries: a token that is not denied, one that is, and the cost of adding one more.
#include <chrono>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "oauth/deny_list.hpp"

namespace certbound::oauth {

namespace {

constexpr WallTime kDeniedAt{std::chrono::seconds{1'800'000'000}};

std::string jti_of(std::size_t number) {
  std::string jti = std::to_string(number * 2654435761U);
  jti.resize(22, 'x');
  return jti;
}

model::Denial make_denial(std::size_t number) {
  model::Denial denial;
  denial.id = number;
  denial.subject = jti_of(number);
  denial.until = kDeniedAt + std::chrono::hours{1};
  return denial;
}

std::shared_ptr<const DenyList> list_of(std::size_t count) {
  std::vector<model::Denial> denials;
  for (std::size_t i = 0; i < count; ++i) denials.push_back(make_denial(i));
  return DenyList::make(denials);
}

/// Tokens `first` and following.
std::vector<Claims> tokens_from(std::size_t first) {
  std::vector<Claims> tokens(1000);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i].jti = jti_of(first + i * 7919);
    tokens[i].client_id = "partner-etl";
    tokens[i].confirmation.x5t_s256 = std::string(43, 'A');
    tokens[i].issued_at = kDeniedAt;
  }
  return tokens;
}

void find_in_deny_list(benchmark::State& state, const std::vector<Claims>& tokens) {
  const auto list = list_of(static_cast<std::size_t>(state.range(0)));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(list->find(tokens[next], kDeniedAt));
    next = (next + 1) % tokens.size();
  }
}

void DenyListMisses(benchmark::State& state) { find_in_deny_list(state, tokens_from(100'000'000)); }
BENCHMARK(DenyListMisses)->Arg(0)->Arg(10)->Arg(1'000'000);

void DenyListHits(benchmark::State& state) {
  auto tokens = tokens_from(0);
  const auto count = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i].jti = jti_of(i * 7919 % count);
  find_in_deny_list(state, tokens);
}
BENCHMARK(DenyListHits)->Arg(10)->Arg(1'000'000);

void DenyListAddsOne(benchmark::State& state) {
  const auto list = list_of(static_cast<std::size_t>(state.range(0)));
  const std::vector<model::Denial> added{make_denial(200'000'000)};
  for (auto _ : state) benchmark::DoNotOptimize(list->with(added, {}));
}
BENCHMARK(DenyListAddsOne)->Arg(10)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace

}  // namespace certbound::oauth
