// The memory of one-time values with 1,000,000 that live: one more while others expire, a replay, one too many, and how
// many octets each takes.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <malloc.h>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "proof/replay_memory.hpp"

namespace certbound::proof {

namespace {

constexpr std::size_t kLive = 1'000'000;
constexpr std::chrono::seconds kLifetime{60};
constexpr std::size_t kEachSecond = kLive / 60;
constexpr WallTime kStart{std::chrono::seconds{1'800'000'000}};

/// As good as a digest, and cheaper than what is measured.
crypto::Sha256 random_key(std::mt19937_64& random) {
  crypto::Sha256 key;
  for (std::size_t i = 0; i < key.octets.size(); i += 8) {
    const std::uint64_t part = random();
    std::memcpy(key.octets.data() + i, &part, sizeof part);
  }
  return key;
}

WallTime time_of(std::size_t use) { return kStart + std::chrono::seconds{use / kEachSecond}; }

/// A minute at 16,666 uses a second. The keys are those of `seed`.
void fill_memory(ReplayMemory& memory, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  for (std::size_t i = 0; i < kLive; ++i) {
    benchmark::DoNotOptimize(memory.use(random_key(random), time_of(i) + kLifetime, time_of(i)));
  }
}

void ReplayMemoryUsesOneMore(benchmark::State& state) {
  ReplayMemory memory{2 * kLive};
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  fill_memory(memory, 1);
  const std::size_t octets = mallinfo2().uordblks + mallinfo2().hblkhd - before;
  std::mt19937_64 random{2};
  std::size_t use = kLive;
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory.use(random_key(random), time_of(use) + kLifetime, time_of(use)));
    ++use;
  }
  state.counters["octets_each"] = static_cast<double>(octets) / static_cast<double>(kLive);
  state.counters["kept"] = static_cast<double>(memory.size());
}
BENCHMARK(ReplayMemoryUsesOneMore);

void ReplayMemoryRefusesAReplay(benchmark::State& state) {
  ReplayMemory memory{2 * kLive};
  fill_memory(memory, 1);
  std::mt19937_64 random{1};
  std::size_t use = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory.use(random_key(random), time_of(kLive) + kLifetime, time_of(0)));
    if (++use < kLive) continue;
    use = 0;
    random.seed(1);
  }
}
BENCHMARK(ReplayMemoryRefusesAReplay);

void ReplayMemoryIsFull(benchmark::State& state) {
  ReplayMemory memory{kLive};
  fill_memory(memory, 1);
  std::mt19937_64 random{2};
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory.use(random_key(random), time_of(kLive) + kLifetime, time_of(kLive - 1)));
  }
}
BENCHMARK(ReplayMemoryIsFull);

/// The same as the first, by two threads at once.
void ReplayMemoryUsesOneMoreEach(benchmark::State& state) {
  static ReplayMemory memory{2 * kLive};
  if (state.thread_index() == 0 && memory.size() == 0) fill_memory(memory, 1);
  std::mt19937_64 random{static_cast<std::uint64_t>(state.thread_index()) + std::random_device{}()};
  std::size_t use = kLive;
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory.use(random_key(random), time_of(use) + kLifetime, time_of(use)));
    use += 2;
  }
}
BENCHMARK(ReplayMemoryUsesOneMoreEach)->Threads(2)->UseRealTime()->Iterations(2'000'000);

/// Of this thread, so that another one in between does not count.
std::chrono::nanoseconds cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// The longest of the first million uses: nothing is ever moved to grow.
void ReplayMemoryGrows(benchmark::State& state) {
  std::chrono::nanoseconds longest{};
  for (auto _ : state) {
    ReplayMemory memory{kLive};
    std::mt19937_64 random{1};
    for (std::size_t i = 0; i < kLive; ++i) {
      const auto key = random_key(random);
      const auto begin = cpu_time();
      benchmark::DoNotOptimize(memory.use(key, time_of(i) + kLifetime, time_of(i)));
      longest = std::max(longest, cpu_time() - begin);
    }
  }
  state.counters["longest_us"] = std::chrono::duration<double, std::micro>(longest).count();
}
BENCHMARK(ReplayMemoryGrows)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace certbound::proof
