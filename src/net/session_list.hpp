#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>

namespace certbound::net {

/// One connection as its worker sees it, without its bytes. Lives and dies on the worker's thread.
class SessionControl {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Phase : std::uint8_t {
    handshake,
    idle,     ///< waits for the next request: a drain or a full worker may end it
    reading,  ///< some of a request has come
    busy,     ///< a request is being answered
  };

  SessionControl() = default;
  SessionControl(const SessionControl&) = delete;
  SessionControl& operator=(const SessionControl&) = delete;
  virtual ~SessionControl() = default;

  /// Ends the pending read or write with operation_aborted. The connection itself stays open.
  virtual void cancel() = 0;

  /// Enters a phase that may last until `allowed` from now.
  void enter(Phase phase, std::chrono::steady_clock::duration allowed) {
    phase_ = phase;
    since_ = Clock::now();
    deadline_ = since_ + allowed;
    is_expired_ = false;
  }
  /// Enters a phase that bounds itself: a handler, whose waits all end.
  void enter_unbounded(Phase phase) {
    phase_ = phase;
    deadline_ = Clock::time_point::max();
  }

  [[nodiscard]] Phase phase() const { return phase_; }
  /// When a bounded phase began.
  [[nodiscard]] Clock::time_point since() const { return since_; }
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }
  [[nodiscard]] bool is_expired() const { return is_expired_; }
  void expire() { is_expired_ = true; }

 private:
  Clock::time_point since_{};
  Clock::time_point deadline_ = Clock::time_point::max();
  Phase phase_ = Phase::handshake;
  bool is_expired_ = false;
};

/// The sessions of one worker. Deadlines are looked at in one sweep a few times a second: setting one is an assignment,
/// where a timer per wait would cost a heap operation per request.
class SessionList {
 public:
  using Position = std::list<SessionControl*>::iterator;

  [[nodiscard]] Position add(SessionControl& session) { return sessions_.insert(sessions_.end(), &session); }
  void remove(Position position) { sessions_.erase(position); }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

  /// Cancels every session whose deadline has passed.
  void sweep(SessionControl::Clock::time_point now);

  /// Cancels the session that has waited longest for its next request, to make room; false where none waits.
  bool cancel_longest_idle();

  /// From now on sessions end after the request that they answer; those that wait for one end now.
  void drain();
  [[nodiscard]] bool is_draining() const { return is_draining_; }

  /// Cancels what is left when the drain has lasted too long; busy ones end with their answer.
  void cancel_all();

 private:
  std::list<SessionControl*> sessions_;
  bool is_draining_ = false;
};

}  // namespace certbound::net
