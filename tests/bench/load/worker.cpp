#include "worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

#include "token_check.hpp"

namespace certbound::load {

namespace {

using std::chrono::steady_clock;

/// Handshakes under way at once while all connections are opened: below every server's accept backlog.
constexpr std::size_t kOpenAtOnce = 64;
constexpr std::uint64_t kDecodeEvery = 100;
constexpr std::uint64_t kTooManyFaults = 1000;
constexpr std::chrono::milliseconds kSweepInterval{50};

steady_clock::duration to_ticks(std::chrono::duration<double> duration) {
  return std::chrono::duration_cast<steady_clock::duration>(duration);
}

}  // namespace

Worker::Worker(const Options& options, const Place& place, std::unique_ptr<ProofMaker> maker)
    : options_{options},
      maker_{std::move(maker)},
      source_{options, *maker_, place.index, place.count},
      contains_{options.contains.begin(), options.contains.end()},
      epoll_{epoll_create1(EPOLL_CLOEXEC)} {
  for (std::size_t i = place.index; i < place.connections; i += place.count) {
    connections_.push_back(std::make_unique<Connection>());
  }
}

Result<std::unique_ptr<Worker>> Worker::make(const Options& options, const Place& place) {
  auto maker = ProofMaker::make(options);
  if (!maker) return std::move(maker).error();
  std::unique_ptr<Worker> worker{new Worker{options, place, *std::move(maker)}};
  if (worker->epoll_ < 0) return internal_error("epoll_create1");
  if (options.transport == Transport::plain) return worker;
  auto tls = TlsClient::make(options);
  if (!tls) return std::move(tls).error();
  worker->tls_ = *std::move(tls);
  return worker;
}

Worker::~Worker() {
  connections_.clear();
  if (epoll_ >= 0) close(epoll_);
}

void Worker::run(Phase& phase) {
  begin_phase(phase);
  begin_free(steady_clock::now());
  while (busy_ > 0 || !is_exhausted_) {
    wait_for_events();
    const Instant now = steady_clock::now();
    if (now >= phase.cut || phase.was_cut.load(std::memory_order_relaxed)) return give_up();
    if (now >= next_sweep_) end_overdue(now);
    begin_free(now);
  }
}

void Worker::begin_phase(Phase& phase) {
  phase_ = &phase;
  phase_begin_ = steady_clock::now();
  next_sweep_ = phase_begin_ + kSweepInterval;
  scheduled_ = 0;
  is_exhausted_ = false;
  free_.clear();
  for (const auto& connection : connections_) free_.push_back(connection.get());
}

bool Worker::may_begin(Instant now) {
  if (is_exhausted_ || phase_->was_cut.load(std::memory_order_relaxed)) return false;
  if (phase_->pace == Pace::open_all) return busy_ < kOpenAtOnce;
  auto left = phase_->requests_left.load(std::memory_order_relaxed);
  while (left > 0 && !phase_->requests_left.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
  }
  is_exhausted_ = left == 0 || now >= phase_->end;
  return !is_exhausted_;
}

void Worker::begin_free(Instant now) {
  while (!free_.empty()) {
    Instant due = now;
    if (phase_->pace == Pace::scheduled) {
      const std::chrono::duration<double> offset{static_cast<double>(scheduled_) / phase_->rate_per_worker};
      due = phase_begin_ + to_ticks(offset);
      if (due > now && due < phase_->end) return;
    }
    if (!may_begin(std::max(now, due))) return;
    ++scheduled_;
    Connection& connection = *free_.front();
    free_.pop_front();
    begin(connection, now, due);
  }
  if (phase_->pace == Pace::open_all) is_exhausted_ = true;
}

void Worker::begin(Connection& connection, Instant now, Instant due) {
  connection.due = due;
  connection.deadline = now + to_ticks(options_.timeout);
  connection.is_busy = true;
  ++busy_;
  if (connection.is_ready()) {
    drive(connection, connection.send(source_.next()));
  } else {
    connection.answers = 0;
    drive(connection, connection.open(tls_.get(), options_.endpoint, epoll_));
  }
}

void Worker::drive(Connection& connection, Connection::Progress progress) {
  if (progress == Connection::Progress::ready) {
    if (tls_) ++tally_.handshakes;
    progress = connection.send(source_.next());
  }
  switch (progress) {
    case Connection::Progress::ready:
    case Connection::Progress::pending:
      return;
    case Connection::Progress::answered:
      return finish_answer(connection);
    case Connection::Progress::gone:
      ++tally_.reopened;
      return connection.close();
    case Connection::Progress::failed:
      return finish_fault(connection, connection.fault(), connection.fault_detail());
  }
}

void Worker::finish_answer(Connection& connection) {
  const Instant now = steady_clock::now();
  const Fault fault = check_answer(connection);
  if (fault != Fault::none) {
    return finish_fault(connection, fault, std::string{connection.response().text().substr(0, 1000)});
  }
  tally_.latency.record(now - connection.due);
  ++tally_.answered;
  if (options_.check == Check::token && connection.answers % kDecodeEvery == 0) ++tally_.tokens_decoded;
  ++connection.answers;
  if (options_.mode == Mode::new_connection || connection.response().is_last()) connection.close();
  release(connection);
}

void Worker::finish_fault(Connection& connection, Fault fault, const std::string& detail) {
  tally_.count(fault, detail);
  connection.close();
  release(connection);
  if (tally_.failed() >= kTooManyFaults) phase_->was_cut = true;
}

void Worker::release(Connection& connection) {
  connection.is_busy = false;
  --busy_;
  if (phase_->pace != Pace::open_all) free_.push_back(&connection);
}

void Worker::wait_for_events() {
  std::array<epoll_event, 256> events{};
  std::chrono::nanoseconds wait = kSweepInterval;
  if (phase_->pace == Pace::scheduled && !free_.empty() && !is_exhausted_) {
    const std::chrono::duration<double> offset{static_cast<double>(scheduled_) / phase_->rate_per_worker};
    wait = std::clamp<std::chrono::nanoseconds>(phase_begin_ + to_ticks(offset) - steady_clock::now(), {}, wait);
  }
  const timespec timeout{.tv_sec = 0, .tv_nsec = static_cast<long>(wait.count())};
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    auto& connection = *static_cast<Connection*>(events.at(static_cast<std::size_t>(i)).data.ptr);
    drive(connection, connection.advance());
    // At once, so that the server has work while the other events are looked at.
    if (phase_->pace == Pace::closed_loop) begin_free(steady_clock::now());
  }
}

void Worker::end_overdue(Instant now) {
  next_sweep_ = now + kSweepInterval;
  for (const auto& connection : connections_) {
    if (connection->is_busy && connection->deadline < now) finish_fault(*connection, Fault::timeout, "no answer");
  }
}

void Worker::give_up() {
  phase_->was_cut = true;
  for (const auto& connection : connections_) {
    if (connection->is_busy) {
      connection->close();
      --busy_;
    }
  }
}

Fault Worker::check_answer(const Connection& connection) const {
  if (connection.response().status() != options_.status) return Fault::status;
  if (!holds_texts(connection)) return Fault::content;
  if (options_.check == Check::none) return Fault::none;
  const auto body = connection.response().body();
  const Binding expected{.x5t_s256 = tls_ ? std::string_view{tls_->thumbprint()} : std::string_view{},
                         .jkt = maker_->jkt()};
  if (const Fault fault = check_token_text(body, expected); fault != Fault::none) return fault;
  if (connection.answers % kDecodeEvery != 0) return Fault::none;
  return check_token_claims(body, expected, connection.client_id());
}

bool Worker::holds_texts(const Connection& connection) const {
  Values values;
  values.client_id = connection.client_id();
  values.token_id = connection.token_id();
  const std::string_view response = connection.response().text();
  return std::all_of(contains_.begin(), contains_.end(), [&](const TextTemplate& expected) {
    std::string text;
    expected.append_to(text, values);
    return response.find(text) != std::string_view::npos;
  });
}

}  // namespace certbound::load
