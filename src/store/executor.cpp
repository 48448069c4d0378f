#include "store/executor.hpp"

#include <atomic>
#include <exception>
#include <thread>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/bounded_queue.hpp"
#include "store/client_store.hpp"
#include "store/store.hpp"

namespace certbound::store {

/// One lookup and the coroutine that waits for it. Not in the unnamed namespace, since Executor::State holds it.
class PendingLookup {
 public:
  explicit PendingLookup(model::ClientId id) : id_{std::move(id)} {}
  PendingLookup(const PendingLookup&) = delete;
  PendingLookup& operator=(const PendingLookup&) = delete;
  virtual ~PendingLookup() = default;

  [[nodiscard]] const model::ClientId& id() const { return id_; }
  [[nodiscard]] std::chrono::steady_clock::time_point since() const { return since_; }

  /// Resumes the coroutine on its own executor, never within this call. Once.
  virtual void complete(Executor::Found found) = 0;

 private:
  model::ClientId id_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

namespace {

using Clock = std::chrono::steady_clock;

// A reader takes few at a time, so that the others get their share of a burst.
constexpr std::size_t kLookupsAtOnce = 8;

Error overloaded(std::string detail) {
  return {ErrorCode::temporarily_unavailable, Reason::overloaded, "the server is busy; ask again later",
          std::move(detail)};
}

/// What is posted to the coroutine's executor.
template <typename Handler>
class Completion {
 public:
  Completion(Handler handler, Executor::Found found) : handler_{std::move(handler)}, found_{std::move(found)} {}
  void operator()() { std::move(handler_)(std::move(found_)); }

 private:
  Handler handler_;
  Executor::Found found_;
};

template <typename Handler>
class LookupFor final : public PendingLookup {
 public:
  LookupFor(Handler handler, model::ClientId id)
      : PendingLookup{std::move(id)},
        executor_{boost::asio::prefer(boost::asio::any_io_executor{boost::asio::get_associated_executor(handler)},
                                      boost::asio::execution::outstanding_work.tracked)},
        handler_{std::move(handler)} {}

  void complete(Executor::Found found) override {
    boost::asio::post(executor_, Completion<Handler>{std::move(handler_), std::move(found)});
  }

 private:
  boost::asio::any_io_executor executor_;  // counts as work, so that the io_context does not end meanwhile
  Handler handler_;
};

Executor::Found look_up(ClientReader& reader, const model::ClientId& id) {
  // A library that throws, or no memory: the coroutine must get an answer all the same.
  try {
    return reader.find_client(id);
  } catch (const std::exception& thrown) {
    return internal_error(std::string{"a reader of the registry threw: "} + thrown.what());
  }
}

}  // namespace

struct Executor::State {
  State(std::size_t queue_length, Clock::duration longest) : queue{queue_length}, longest_wait{longest} {}

  Found answer(ClientReader& reader, const PendingLookup& lookup) const {
    if (is_stopping) return overloaded("the registry's readers are stopped");
    const Clock::time_point now = Clock::now();
    // Whoever asked so long ago may have gone; what came after it would wait behind it.
    if (now - lookup.since() >= longest_wait || now >= refused_from.load()) {
      return overloaded("the lookup waited too long for a reader of the registry");
    }
    return look_up(reader, lookup.id());
  }

  void run_reader(ClientReader& reader) {
    std::vector<std::unique_ptr<PendingLookup>> lookups;
    while (queue.take(lookups, kLookupsAtOnce)) {
      for (const auto& lookup : lookups) lookup->complete(answer(reader, *lookup));
    }
  }

  BoundedQueue<std::unique_ptr<PendingLookup>> queue;
  const Clock::duration longest_wait;
  std::atomic<Clock::time_point> refused_from{Clock::time_point::max()};
  std::atomic<bool> is_stopping = false;
  std::vector<std::unique_ptr<ClientReader>> readers;
  std::vector<std::thread> threads;
};

namespace {

/// What async_initiate calls when the coroutine has been suspended.
class StartLookup {
 public:
  explicit StartLookup(BoundedQueue<std::unique_ptr<PendingLookup>>& queue) : queue_{&queue} {}

  template <typename Handler>
  void operator()(Handler&& handler, model::ClientId id) const {
    std::unique_ptr<PendingLookup> lookup =
        std::make_unique<LookupFor<std::decay_t<Handler>>>(std::forward<Handler>(handler), std::move(id));
    if (queue_->push(std::move(lookup))) return;
    // NOLINTNEXTLINE(bugprone-use-after-move): refused, push() leaves the lookup here.
    lookup->complete(overloaded("the queue of the registry's readers is full or closed"));
  }

 private:
  BoundedQueue<std::unique_ptr<PendingLookup>>* queue_;
};

}  // namespace

Executor::Executor(std::vector<std::unique_ptr<ClientReader>> readers, std::size_t queue_length,
                   std::chrono::milliseconds longest_wait)
    : state_{std::make_unique<State>(queue_length, longest_wait)} {
  state_->readers = std::move(readers);
  for (const auto& reader : state_->readers) {
    state_->threads.emplace_back([state = state_.get(), connection = reader.get()] { state->run_reader(*connection); });
  }
}

Executor::~Executor() { stop(); }

Task<Executor::Found> Executor::find_client(model::ClientId id) {
  boost::asio::use_awaitable_t<> token;
  return boost::asio::async_initiate<boost::asio::use_awaitable_t<>, void(Found)>(StartLookup{state_->queue}, token,
                                                                                  std::move(id));
}

void Executor::refuse_from(std::chrono::steady_clock::time_point time) { state_->refused_from = time; }

void Executor::stop() {
  state_->is_stopping = true;
  state_->queue.close();
  for (std::thread& thread : state_->threads) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t Executor::queued() const { return state_->queue.size(); }

Result<std::unique_ptr<Executor>> make_executor(const Store& store, ExecutorOptions options) {
  std::vector<std::unique_ptr<ClientReader>> readers;
  for (unsigned i = 0; i < options.readers; ++i) {
    auto reader = store.make_client_reader();
    if (!reader) return std::move(reader).error();
    readers.push_back(*std::move(reader));
  }
  if (readers.empty()) return internal_error("an executor without readers");
  return std::make_unique<Executor>(std::move(readers), options.queue_length, options.longest_wait);
}

}  // namespace certbound::store
