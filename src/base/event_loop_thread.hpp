#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace certbound {

namespace detail {
inline bool& is_event_loop_thread() {
  thread_local bool marked = false;
  return marked;
}
}  // namespace detail

/// Marks the calling thread, for its whole life, as one that serves connections: nothing on it may block. Every worker
/// calls this first.
inline void mark_event_loop_thread() { detail::is_event_loop_thread() = true; }

/// Called by what blocks (the database, the disk). Throws std::logic_error on a marked thread: one blocking call there
/// stops every connection of that worker, and only under load does anybody notice.
inline void forbid_on_event_loop_thread(std::string_view what) {
  if (detail::is_event_loop_thread()) {
    throw std::logic_error{std::string{what} + " on a thread that serves connections"};
  }
}

}  // namespace certbound
