#include "net/session_list.hpp"

#include <gtest/gtest.h>

namespace certbound::net {

namespace {

using Phase = SessionControl::Phase;
using std::chrono::hours;
using std::chrono::seconds;

class CountingSession final : public SessionControl {
 public:
  explicit CountingSession(SessionList& list) : list_{list}, position_{list.add(*this)} {}
  CountingSession(const CountingSession&) = delete;
  CountingSession& operator=(const CountingSession&) = delete;
  ~CountingSession() override { list_.remove(position_); }

  void cancel() override { ++cancelled; }

  int cancelled = 0;

 private:
  SessionList& list_;
  SessionList::Position position_;
};

}  // namespace

TEST(SessionList, CountsItsSessions) {
  SessionList list;
  EXPECT_EQ(list.size(), 0U);
  {
    const CountingSession a{list};
    const CountingSession b{list};
    EXPECT_EQ(list.size(), 2U);
  }
  EXPECT_EQ(list.size(), 0U);
}

TEST(SessionList, SweepEndsThoseWhoseDeadlineHasPassed) {
  SessionList list;
  CountingSession late{list};
  CountingSession early{list};
  CountingSession unbounded{list};
  late.enter(Phase::reading, hours{1});
  early.enter(Phase::handshake, seconds{1});
  unbounded.enter_unbounded(Phase::busy);

  list.sweep(early.deadline() - seconds{1});
  EXPECT_EQ(early.cancelled, 0);
  EXPECT_FALSE(early.is_expired());
  list.sweep(early.deadline());
  EXPECT_EQ(early.cancelled, 1);
  EXPECT_TRUE(early.is_expired());
  EXPECT_EQ(late.cancelled, 0);
  EXPECT_EQ(unbounded.cancelled, 0);
  EXPECT_FALSE(late.is_expired());
}

TEST(SessionList, ANewPhaseHasANewDeadline) {
  SessionList list;
  CountingSession session{list};
  session.enter(Phase::reading, seconds{1});
  list.sweep(session.deadline());
  session.enter(Phase::busy, hours{1});

  EXPECT_FALSE(session.is_expired());
  EXPECT_EQ(session.phase(), Phase::busy);
  list.sweep(SessionControl::Clock::now() + seconds{1});
  EXPECT_EQ(session.cancelled, 1);
}

TEST(SessionList, MakesRoomByEndingTheLongestIdle) {
  SessionList list;
  CountingSession busy{list};
  CountingSession second{list};
  CountingSession first{list};
  CountingSession reading{list};
  busy.enter(Phase::busy, seconds{1});
  reading.enter(Phase::reading, seconds{1});
  first.enter(Phase::idle, hours{2});
  second.enter(Phase::idle, hours{1});  // has less time left, but has not waited as long
  while (second.since() <= first.since()) second.enter(Phase::idle, hours{1});

  EXPECT_TRUE(list.cancel_longest_idle());
  EXPECT_EQ(first.cancelled, 1);
  // It is on its way out: the next call takes another one.
  EXPECT_TRUE(list.cancel_longest_idle());
  EXPECT_EQ(first.cancelled, 1);
  EXPECT_EQ(second.cancelled, 1);
  EXPECT_FALSE(list.cancel_longest_idle());
  EXPECT_EQ(busy.cancelled + reading.cancelled, 0);
}

TEST(SessionList, MakesNoRoomWhereNoneIsIdle) {
  SessionList list;
  EXPECT_FALSE(list.cancel_longest_idle());
  CountingSession session{list};
  EXPECT_FALSE(list.cancel_longest_idle());
}

TEST(SessionList, DrainEndsThoseThatAnswerNothing) {
  SessionList list;
  CountingSession handshake{list};
  CountingSession idle{list};
  CountingSession reading{list};
  CountingSession busy{list};
  handshake.enter(Phase::handshake, hours{1});
  idle.enter(Phase::idle, hours{1});
  reading.enter(Phase::reading, hours{1});
  busy.enter_unbounded(Phase::busy);
  EXPECT_FALSE(list.is_draining());

  list.drain();

  EXPECT_TRUE(list.is_draining());
  EXPECT_EQ(handshake.cancelled, 1);
  EXPECT_EQ(idle.cancelled, 1);
  EXPECT_EQ(reading.cancelled, 0);
  EXPECT_EQ(busy.cancelled, 0);
  list.cancel_all();
  EXPECT_EQ(reading.cancelled, 1);
  EXPECT_EQ(busy.cancelled, 1);
}

}  // namespace certbound::net
