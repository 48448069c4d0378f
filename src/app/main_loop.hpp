#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"

namespace certbound::app {

/// Blocks the signals that the main thread waits for: SIGTERM, SIGINT, SIGHUP. Before any other thread exists, so that
/// no other gets one. SIGPIPE and SIGXFSZ are ignored: a peer that is gone and a file that may not grow are errors of
/// one write, not of the process.
[[nodiscard]] sigset_t block_signals();

/// What the main thread does between start and stop: waits for signals, for work that other threads send, for
/// descriptors, and for the time at which something is due. It sleeps while there is none of these.
class MainLoop {
 public:
  using Action = std::function<void()>;
  using OnSignal = std::function<void(int number)>;
  /// Does what is due and says how long nothing will be. Called before each wait.
  using Look = std::function<std::chrono::milliseconds()>;

  /// `signals` are blocked in every thread already; they are then delivered here. Errors: `server_error`, `detail` says
  /// what the system said.
  [[nodiscard]] static Result<MainLoop> make(const sigset_t& signals);

  /// Has `action` done on the main thread, soon and in the order of the calls. Any thread, also before run(); does not
  /// wait. What has not begun when run() ends is not done.
  void post(Action action);

  /// Calls `on_readable` whenever `descriptor` can be read, until forget(). Main thread only, also before run(). The
  /// descriptor stays the caller's.
  void watch(int descriptor, Action on_readable);
  void forget(int descriptor);

  /// Until stop(). Everything is called on this thread. What `on_signal` or an action throws ends the loop.
  void run(const OnSignal& on_signal, const Look& look);

  /// Ends run() after what it is doing. Main thread only.
  void stop() { is_stopping_ = true; }

 private:
  struct Queue {
    std::mutex mutex;  // guards actions
    std::vector<Action> actions;
  };

  MainLoop(FileDescriptor signals, FileDescriptor wake);

  void do_posted();
  void take_signals(const OnSignal& on_signal);
  void wait(std::chrono::milliseconds longest, const OnSignal& on_signal);

  FileDescriptor signals_;
  FileDescriptor wake_;
  std::unique_ptr<Queue> queue_;
  std::map<int, Action> watched_;
  bool is_stopping_ = false;
};

}  // namespace certbound::app
