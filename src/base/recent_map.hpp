#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace certbound {

/// Values by their keys, `capacity` at the most: what came first makes room. Not thread safe.
template <typename Key, typename Value, typename Hash>
class RecentMap {
 public:
  /// 0: keeps nothing.
  explicit RecentMap(std::size_t capacity) : capacity_{capacity} {}

  /// Null where there is none. Valid until the next put().
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }

  /// Keeps `value` unless the key has one. Gives back the value that had to make room, for the caller to destroy where
  /// it suits; a fresh one where none had to.
  Value put(const Key& key, const Value& value) {
    if (capacity_ == 0 || !entries_.try_emplace(key, value).second) return Value{};
    if (order_.size() < capacity_) {
      order_.push_back(key);
      return Value{};
    }
    const auto oldest = entries_.find(order_[next_]);
    Value displaced = std::move(oldest->second);
    entries_.erase(oldest);
    order_[next_] = key;
    next_ = (next_ + 1) % capacity_;
    return displaced;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  std::size_t capacity_;
  std::unordered_map<Key, Value, Hash> entries_;
  std::vector<Key> order_;  // a ring, in the order of arrival
  std::size_t next_ = 0;    // the oldest of a full ring
};

}  // namespace certbound
