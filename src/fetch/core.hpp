#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "fetch/client.hpp"
#include "fetch/exchange.hpp"
#include "fetch/loop_door.hpp"

namespace certbound::fetch {

struct FetchMetrics {
  explicit FetchMetrics(metrics::Registry& registry);

  metrics::Counter attempts;
  std::array<metrics::Counter, kFailureCount> failures;  ///< that of Failure::none counts nothing
  metrics::Counter received_bytes;
  metrics::Counter not_modified;
  metrics::Counter faults;
  metrics::Histogram seconds;
  metrics::Gauge under_way;
};

/// One fetch and everyone who waits for it.
struct Flight {
  std::string key;
  std::string shown_url;
  std::vector<Client::Done> waiting;
  std::shared_ptr<Exchange> exchange;
};

/// What is behind a Client. Unless said otherwise: on the fetch thread only.
class Core {
 public:
  Core(std::shared_ptr<const Settings> settings, metrics::Registry& registry, Surroundings surroundings);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core() = default;

  /// Any thread, once.
  void start();
  /// Any thread but the fetch thread.
  void stop();

  void begin(Request request, Client::Done done);
  void publish(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }
  [[nodiscard]] bool is_stopping() const { return is_stopping_; }

  [[nodiscard]] boost::asio::io_context& loop() { return loop_; }
  /// Any thread.
  [[nodiscard]] const std::shared_ptr<LoopDoor>& door() const { return door_; }
  [[nodiscard]] bool is_fetch_thread() const { return std::this_thread::get_id() == thread_id_; }
  [[nodiscard]] WallTime now() const { return surroundings_.clock(); }
  [[nodiscard]] double random() { return surroundings_.random(); }

  /// The series of one name, shared by those who have taken it; gone when all have given it back. Any thread.
  [[nodiscard]] metrics::Gauge take_age_series(const std::string& name);
  void give_back_age_series(const std::string& name);

 private:
  struct AgeSeries {
    metrics::Gauge gauge;
    std::size_t users = 0;
  };

  void run();
  Task<void> run_flight(std::shared_ptr<Flight> flight);
  void take_off();
  void finish(const std::shared_ptr<Flight>& flight, Outcome outcome, double lasted_seconds);
  void call(const Client::Done& done, Outcome outcome);
  void refuse(const Client::Done& done, Failure failure, std::string detail, const std::string& shown_url);
  void end_all();

  boost::asio::io_context loop_{1};  // first: what it still holds at the end may use the others no more
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::shared_ptr<LoopDoor> door_;
  std::shared_ptr<const Settings> settings_;
  metrics::Registry& registry_;
  FetchMetrics metrics_;
  Surroundings surroundings_;
  std::map<std::string, std::shared_ptr<Flight>> by_key_;
  std::deque<std::shared_ptr<Flight>> queued_;
  std::set<std::shared_ptr<Flight>> under_way_;
  bool is_stopping_ = false;
  std::mutex age_mutex_;  // guards age_series_
  std::map<std::string, AgeSeries> age_series_;
  std::thread::id thread_id_;
  std::thread thread_;
};

}  // namespace certbound::fetch
