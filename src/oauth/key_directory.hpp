#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/bell.hpp"
#include "base/task.hpp"
#include "oauth/key_set.hpp"

namespace certbound::oauth {

/// One client's keys as they are handed to a worker, and the way to ask for newer ones.
struct PublishedKeys {
  /// `known`: the number of the last attempt that the worker has heard of. Does not block; any worker's thread. True:
  /// KeyDirectory::put follows, since an attempt is under way, or has ended and is on its way to this worker. False:
  /// the last one was too short a time ago.
  using Ask = std::function<bool(std::uint64_t known)>;

  std::shared_ptr<const KeySet> keys;  ///< null where none have come yet
  std::uint64_t attempt = 0;           ///< how many attempts there have been
  Ask ask;
};

/// What one worker knows of the keys that clients publish at their jwks_uri. Holds the declared clients that have one,
/// so its size is the configuration's. Used on its worker's thread only; what a request calls takes no lock.
class KeyDirectory {
 public:
  using Published = std::unordered_map<std::string, PublishedKeys>;  ///< by client_id

  /// How long a request waits for newer keys.
  static constexpr std::chrono::milliseconds kLongestWait{3000};

  explicit KeyDirectory(std::chrono::milliseconds longest_wait = kLongestWait) : longest_wait_{longest_wait} {}

  /// In place of everything before: a start or a reload. Whoever waits goes on.
  void replace(const Published& published);

  /// After each attempt to fetch a client's keys, also one that brought nothing: whoever waits goes on. Nothing happens
  /// for a client that is not published.
  void put(std::string_view client_id, std::shared_ptr<const KeySet> keys, std::uint64_t attempt);

  /// Null where the client has none, or none have come yet. About 50 ns.
  [[nodiscard]] std::shared_ptr<const KeySet> find(std::string_view client_id) const;

  /// Asks for the client's keys anew and waits until the attempt has ended, but not longer than the longest wait.
  /// False, at once, where it was too soon or the client is not published: then nothing is new.
  [[nodiscard]] Task<bool> renew(std::string_view client_id);

 private:
  struct Entry {
    PublishedKeys published;
    Bell bell;
  };
  struct TextHash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::chrono::milliseconds longest_wait_;
  std::unordered_map<std::string, Entry, TextHash, std::equal_to<>> entries_;
};

}  // namespace certbound::oauth
