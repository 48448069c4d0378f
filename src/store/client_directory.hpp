#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/gate.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/ids.hpp"
#include "store/directory_client.hpp"
#include "store/executor.hpp"

namespace certbound::store {

/// The clients that one worker met lately, over the registry. Bounded, so that memory does not grow with the number of
/// registrations; the least recently used goes first. Unknown ids are not kept, so that strangers cannot push out what
/// is in use. Used on its worker's thread only.
class ClientDirectory {
 public:
  /// Null where the client is not registered or, from find_cached, not kept.
  using Found = std::shared_ptr<const DirectoryClient>;

  /// `executor` outlives the directory, the directory every coroutine in find().
  explicit ClientDirectory(Executor& executor, std::size_t capacity = 4096)
      : executor_{executor}, capacity_{capacity} {}
  ClientDirectory(const ClientDirectory&) = delete;
  ClientDirectory& operator=(const ClientDirectory&) = delete;
  ~ClientDirectory() = default;

  /// Tens of nanoseconds; no allocation, no suspension: the hot path asks this first.
  [[nodiscard]] Found find_cached(std::string_view client_id);

  /// Suspends only where the client is not kept. What comes back was registered at the moment of return, seen from this
  /// worker's thread. `id` outlives the call. Errors: as Executor::find_client;
  /// `server_error` where what is stored does not make a DirectoryClient.
  [[nodiscard]] Task<Result<Found>> find(const model::ClientId& id);

  /// The registry is about to change: until clear() or release(), find() answers from what is kept, or waits. So no
  /// caller ever gets a new registration while it knows only the old configuration.
  void hold() { gate_.close(); }

  /// The registry did not change after all: those who wait go on.
  void release() { gate_.open(); }

  /// After each change of the registry: forgets every client, and what lookups that are under way will bring. Those who
  /// wait go on.
  void clear();

  /// After a change of that client's secrets: forgets it, and what lookups that are under way will bring of anyone.
  void forget(std::string_view client_id);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  void keep(const Found& client);
  void drop(std::string_view client_id);

  Executor& executor_;
  std::size_t capacity_;
  Gate gate_;
  std::uint64_t generation_ = 0;  // counts clear() and forget()
  std::list<Found> entries_;      // most recently used first
  // The keys are the ids of the entries.
  std::unordered_map<std::string_view, std::list<Found>::iterator> index_;
};

}  // namespace certbound::store
