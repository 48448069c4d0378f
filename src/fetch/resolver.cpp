#include "fetch/resolver.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace certbound::fetch {

namespace {

constexpr std::size_t kMaximumThreads = 8;
constexpr std::size_t kMaximumLookups = 1024;
constexpr std::chrono::milliseconds kResolverPatience{200};

Resolution look_up(const std::string& host) {
  Resolution resolution;
  boost::asio::io_context context{1};
  boost::asio::ip::tcp::resolver resolver{context};
  boost::system::error_code error;
  const auto found = resolver.resolve(host, "", error);
  if (error) resolution.error = error.message();
  for (const auto& entry : found) resolution.addresses.push_back(entry.endpoint().address());
  return resolution;
}

/// What the threads share with the resolver, and keep where they outlive it.
struct Lookups {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> queue;                             // names that no thread has taken
  std::map<std::string, std::vector<Resolver::Done>> asked;  // names that wait or are looked up
  std::size_t threads = 0;
  std::size_t idle_threads = 0;
  bool is_stopped = false;
};

/// Looks names up until the resolver goes.
void serve_lookups(const std::shared_ptr<Lookups>& lookups) {
  std::unique_lock lock{lookups->mutex};
  for (;;) {
    ++lookups->idle_threads;
    lookups->changed.wait(lock, [&lookups] { return lookups->is_stopped || !lookups->queue.empty(); });
    --lookups->idle_threads;
    if (lookups->is_stopped) break;
    const std::string host = std::move(lookups->queue.front());
    lookups->queue.pop_front();
    lock.unlock();
    const Resolution resolution = look_up(host);
    lock.lock();
    const auto waiting = lookups->asked.extract(host);
    lock.unlock();
    if (!waiting.empty()) {
      for (const Resolver::Done& done : waiting.mapped()) done(resolution);
    }
    lock.lock();
  }
  --lookups->threads;
  lookups->changed.notify_all();
}

class SystemResolver final : public Resolver {
 public:
  SystemResolver() = default;
  SystemResolver(const SystemResolver&) = delete;
  SystemResolver& operator=(const SystemResolver&) = delete;
  ~SystemResolver() override {
    std::unique_lock lock{lookups_->mutex};
    lookups_->is_stopped = true;
    lookups_->changed.notify_all();
    lookups_->changed.wait_for(lock, kResolverPatience, [this] { return lookups_->threads == 0; });
  }

  void resolve(const std::string& host, Done done) override {
    std::unique_lock lock{lookups_->mutex};
    if (const auto found = lookups_->asked.find(host); found != lookups_->asked.end()) {
      found->second.push_back(std::move(done));
      return;
    }
    if (lookups_->asked.size() >= kMaximumLookups) {
      lock.unlock();
      Resolution refused;
      refused.error = "too many names wait for the resolver";
      done(std::move(refused));
      return;
    }
    lookups_->asked[host].push_back(std::move(done));
    lookups_->queue.push_back(host);
    if (lookups_->idle_threads < lookups_->queue.size() && lookups_->threads < kMaximumThreads) {
      std::thread{serve_lookups, lookups_}.detach();
      ++lookups_->threads;
    }
    lookups_->changed.notify_all();
  }

 private:
  const std::shared_ptr<Lookups> lookups_ = std::make_shared<Lookups>();
};

}  // namespace

std::shared_ptr<Resolver> make_system_resolver() { return std::make_shared<SystemResolver>(); }

}  // namespace certbound::fetch
