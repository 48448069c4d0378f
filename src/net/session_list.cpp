#include "net/session_list.hpp"

namespace certbound::net {

namespace {

void end_session(SessionControl& session) {
  session.expire();
  session.cancel();
}

}  // namespace

void SessionList::sweep(SessionControl::Clock::time_point now) {
  for (SessionControl* session : sessions_) {
    if (session->deadline() <= now) end_session(*session);
  }
}

bool SessionList::cancel_longest_idle() {
  SessionControl* longest = nullptr;
  for (SessionControl* session : sessions_) {
    if (session->phase() != SessionControl::Phase::idle || session->is_expired()) continue;
    if (longest == nullptr || session->since() < longest->since()) longest = session;
  }
  if (longest == nullptr) return false;
  end_session(*longest);
  return true;
}

void SessionList::drain() {
  is_draining_ = true;
  for (SessionControl* session : sessions_) {
    if (session->phase() == SessionControl::Phase::idle || session->phase() == SessionControl::Phase::handshake) {
      end_session(*session);
    }
  }
}

void SessionList::cancel_all() {
  for (SessionControl* session : sessions_) end_session(*session);
}

}  // namespace certbound::net
