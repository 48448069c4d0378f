#include "app/main_loop.hpp"

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace certbound::app {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// SIGUSR1 and SIGUSR2, blocked on this thread while the object lives.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGUSR1);
    sigaddset(&set_, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  [[nodiscard]] const sigset_t& set() const { return set_; }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

MainLoop make_loop(const BlockedSignals& signals) {
  auto loop = MainLoop::make(signals.set());
  if (!loop) throw std::runtime_error{loop.error().detail};
  return *std::move(loop);
}

void ignore_signal(int /*number*/) {}

milliseconds nothing_due() { return hours{1}; }

struct Pipe {
  Pipe() {
    if (::pipe(ends.data()) != 0) throw std::runtime_error{"pipe"};
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void write_one() const {
    if (::write(ends[1], "x", 1) != 1) throw std::runtime_error{"write"};
  }
  void read_one() const {
    char octet = 0;
    if (::read(ends[0], &octet, 1) != 1) throw std::runtime_error{"read"};
  }
  std::array<int, 2> ends{};
};

}  // namespace

TEST(MainLoop, DoesWhatAnotherThreadPosts) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  const auto main_thread = std::this_thread::get_id();
  std::thread::id seen;
  std::thread other{[&] {
    loop.post([&] {
      seen = std::this_thread::get_id();
      loop.stop();
    });
  }};
  loop.run(&ignore_signal, &nothing_due);
  other.join();
  EXPECT_EQ(seen, main_thread);
}

TEST(MainLoop, DoesWhatIsPostedInOrderAlsoBeforeItRuns) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  std::string order;
  loop.post([&] { order += 'a'; });
  loop.post([&] {
    order += 'b';
    loop.post([&] {
      order += 'd';
      loop.stop();
    });
  });
  loop.post([&] { order += 'c'; });
  loop.run(&ignore_signal, &nothing_due);
  EXPECT_EQ(order, "abcd");
}

TEST(MainLoop, DropsWhatIsPostedAfterItsEnd) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  bool is_done = false;
  loop.post([&] { loop.stop(); });
  loop.post([&] { is_done = true; });
  loop.run(&ignore_signal, &nothing_due);
  EXPECT_FALSE(is_done);
}

TEST(MainLoop, HearsEachSignal) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  std::vector<int> heard;
  std::raise(SIGUSR1);
  const MainLoop::OnSignal on_signal = [&](int number) {
    heard.push_back(number);
    if (number == SIGUSR2) return loop.stop();
    std::raise(SIGUSR2);
  };
  loop.run(on_signal, &nothing_due);
  EXPECT_EQ(heard, (std::vector<int>{SIGUSR1, SIGUSR2}));
}

TEST(MainLoop, LooksAgainWhenTheTimeIsOver) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  int looks = 0;
  const MainLoop::Look look = [&] {
    if (++looks == 3) loop.stop();
    return milliseconds{1};
  };
  loop.run(&ignore_signal, look);
  EXPECT_EQ(looks, 3);
}

// A time that is over already is due in the next turn: it neither waits for ever nor fails.
TEST(MainLoop, TakesATimeOfThePast) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  int looks = 0;
  const MainLoop::Look look = [&] {
    if (++looks == 2) loop.stop();
    return milliseconds{-5000};
  };
  loop.run(&ignore_signal, look);
  EXPECT_EQ(looks, 2);
}

TEST(MainLoop, SleepsWhileNothingIsDue) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  int looks = 0;
  const MainLoop::Look look = [&] {
    ++looks;
    return hours{1};
  };
  loop.post([&] { loop.stop(); });
  loop.run(&ignore_signal, look);
  EXPECT_EQ(looks, 1);
}

TEST(MainLoop, CallsForADescriptorUntilItIsForgotten) {
  const BlockedSignals signals;
  MainLoop loop = make_loop(signals);
  const Pipe watched;
  const Pipe end;
  int calls = 0;
  loop.watch(watched.ends[0], [&] {
    watched.read_one();
    if (++calls == 2) {
      loop.forget(watched.ends[0]);
      end.write_one();
    }
    watched.write_one();  // after the second call nobody hears of it
  });
  loop.watch(end.ends[0], [&] { loop.stop(); });
  watched.write_one();
  loop.run(&ignore_signal, &nothing_due);
  EXPECT_EQ(calls, 2);
}

}  // namespace certbound::app
