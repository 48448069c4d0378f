#include "app/main_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"

namespace certbound::app {

namespace {

Error system_failure(const char* call) { return internal_error(std::string{call} + ": " + system_error_text(errno)); }

int poll_timeout(std::chrono::milliseconds longest) {
  constexpr long long kMost = std::numeric_limits<int>::max();
  // A fraction of a millisecond too early would be one more turn of the loop, so the wait is rounded up.
  return static_cast<int>(std::clamp<long long>(longest.count() + 1, 0, kMost));
}

}  // namespace

sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  return set;
}

Result<MainLoop> MainLoop::make(const sigset_t& signals) {
  FileDescriptor signal{::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC)};
  if (signal.value() < 0) return system_failure("signalfd");
  FileDescriptor wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  if (wake.value() < 0) return system_failure("eventfd");
  return MainLoop{std::move(signal), std::move(wake)};
}

MainLoop::MainLoop(FileDescriptor signals, FileDescriptor wake)
    : signals_{std::move(signals)}, wake_{std::move(wake)}, queue_{std::make_unique<Queue>()} {}

void MainLoop::post(Action action) {
  {
    const std::lock_guard lock{queue_->mutex};
    queue_->actions.push_back(std::move(action));
  }
  const std::uint64_t one = 1;
  // It fails only where the counter is at its end, and then the loop is awake.
  (void)!::write(wake_.value(), &one, sizeof one);
}

void MainLoop::watch(int descriptor, Action on_readable) {
  watched_.insert_or_assign(descriptor, std::move(on_readable));
}

void MainLoop::forget(int descriptor) { watched_.erase(descriptor); }

void MainLoop::run(const OnSignal& on_signal, const Look& look) {
  while (!is_stopping_) {
    const std::chrono::milliseconds longest = look();
    if (is_stopping_) return;
    wait(longest, on_signal);
  }
}

void MainLoop::wait(std::chrono::milliseconds longest, const OnSignal& on_signal) {
  std::vector<::pollfd> entries{{signals_.value(), POLLIN, 0}, {wake_.value(), POLLIN, 0}};
  for (const auto& [descriptor, action] : watched_) entries.push_back({descriptor, POLLIN, 0});
  if (::poll(entries.data(), entries.size(), poll_timeout(longest)) <= 0) return;
  if (entries[0].revents != 0) take_signals(on_signal);
  if (entries[1].revents != 0) do_posted();
  for (std::size_t i = 2; i < entries.size() && !is_stopping_; ++i) {
    if (entries[i].revents == 0) continue;
    // One that an action before it has forgotten is not called.
    const auto found = watched_.find(entries[i].fd);
    if (found == watched_.end()) continue;
    const Action action = found->second;  // it may forget itself
    action();
  }
}

void MainLoop::take_signals(const OnSignal& on_signal) {
  ::signalfd_siginfo taken{};
  while (!is_stopping_ && ::read(signals_.value(), &taken, sizeof taken) == static_cast<ssize_t>(sizeof taken)) {
    on_signal(static_cast<int>(taken.ssi_signo));
  }
}

void MainLoop::do_posted() {
  std::uint64_t count = 0;
  (void)!::read(wake_.value(), &count, sizeof count);
  std::vector<Action> actions;
  {
    const std::lock_guard lock{queue_->mutex};
    actions.swap(queue_->actions);
  }
  for (const Action& action : actions) {
    if (is_stopping_) return;
    action();
  }
}

}  // namespace certbound::app
