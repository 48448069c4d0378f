#include "proof/replay_memory.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

namespace certbound::proof {

namespace {

constexpr std::size_t kShards = 16;
/// How many expired values a call forgets in passing: more than it adds, so that they never pile up.
constexpr int kForgottenInPassing = 2;

}  // namespace

/// The right to keep one value. Given back unless it is used.
class ReplayMemory::Place {
 public:
  Place(std::atomic<std::size_t>& kept, std::size_t capacity) : kept_{kept}, capacity_{capacity} {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (is_held_) --kept_;
  }

  /// False where as many are kept as may be.
  [[nodiscard]] bool take() {
    std::size_t kept = kept_.load();
    while (!is_held_ && kept < capacity_) is_held_ = kept_.compare_exchange_weak(kept, kept + 1);
    return is_held_;
  }
  /// It was another value's, which is gone.
  void inherit() { is_held_ = true; }
  void use_up() { is_held_ = false; }

 private:
  std::atomic<std::size_t>& kept_;
  std::size_t capacity_;
  bool is_held_ = false;
};

/// A sixteenth of the keys, with a lock of its own: a hash table with chains, whose entries are also chained by the
/// second in which they expire. Entries stand in blocks that never move, so that nothing is ever copied to grow.
class ReplayMemory::Shard {
 public:
  /// `buckets`: a power of two.
  Shard(std::size_t buckets, std::atomic<std::size_t>& kept)
      : kept_{kept}, buckets_(std::max<std::size_t>(buckets / kBucketsTogether, 1)) {}

  Novelty use(const crypto::Sha256& key, WallTime until, WallTime now, Place& place) {
    const std::scoped_lock lock{mutex_};
    advance(now);
    for (int i = 0; i < kForgottenInPassing && forget_one(); ++i) --kept_;
    if (until <= latest_ || has(key)) return Novelty::replay;
    if (!place.take()) return Novelty::full;
    add(key, until);
    place.use_up();
    return Novelty::first;
  }

  /// Forgets an expired value for the sake of one in another shard. False where there is none.
  bool hand_over(WallTime now, Place& place) {
    const std::scoped_lock lock{mutex_};
    advance(now);
    if (!forget_one()) return false;
    place.inherit();
    return true;
  }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};
  static constexpr std::size_t kBlockEntries = 256;
  static constexpr std::size_t kBucketsTogether = 1024;

  struct Entry {
    crypto::Sha256 key;
    WallTime until;
    Index next_in_bucket;
    Index next_due;  // of those that expire in the same second; of the free ones, the next free one
  };
  using Block = std::array<Entry, kBlockEntries>;
  using Buckets = std::array<Index, kBucketsTogether>;

  Entry& entry(Index index) { return (*blocks_[index / kBlockEntries])[index % kBlockEntries]; }

  /// Where a key belongs: the number of the buckets, and the bucket among these. The first octet has chosen the shard.
  struct Home {
    std::size_t buckets;
    std::size_t bucket;
  };
  [[nodiscard]] Home home_of(const crypto::Sha256& key) const {
    std::uint64_t hash = 0;
    std::memcpy(&hash, key.octets.data() + 8, sizeof hash);
    return {hash / kBucketsTogether & (buckets_.size() - 1), hash % kBucketsTogether};
  }

  /// They are made when the first key comes to them: all at once would take too long for one call.
  Index& make_bucket(const crypto::Sha256& key) {
    const Home home = home_of(key);
    auto& buckets = buckets_[home.buckets];
    if (!buckets) {
      buckets = std::make_unique_for_overwrite<Buckets>();
      buckets->fill(kNone);
    }
    return (*buckets)[home.bucket];
  }

  /// The time of this shard never goes back by a little, so that a value that was forgotten is not new to a thread that
  /// has read the clock before that. A clock that was set back by more is believed: everything would be refused until
  /// it is as late again.
  void advance(WallTime now) {
    if (now > latest_ || now + kLateness < latest_) latest_ = now;
  }

  /// One that has expired and is not forgotten yet counts for nothing.
  bool has(const crypto::Sha256& key) {
    const Home home = home_of(key);
    const auto& buckets = buckets_[home.buckets];
    if (!buckets) return false;
    for (Index at = (*buckets)[home.bucket]; at != kNone; at = entry(at).next_in_bucket) {
      if (entry(at).key.octets == key.octets && entry(at).until > latest_) return true;
    }
    return false;
  }

  void add(const crypto::Sha256& key, WallTime until) {
    Index& bucket = make_bucket(key);
    if (free_ == kNone) add_block();
    Index& due = due_.try_emplace(until, kNone).first->second;
    // Nothing throws from here on.
    const Index index = free_;
    Entry& added = entry(index);
    free_ = added.next_due;
    added = Entry{key, until, bucket, due};
    bucket = index;
    due = index;
  }

  void add_block() {
    const auto first = static_cast<Index>(blocks_.size() * kBlockEntries);
    blocks_.push_back(std::make_unique_for_overwrite<Block>());
    for (Index i = 0; i < kBlockEntries; ++i) {
      entry(first + i).next_due = i + 1 < kBlockEntries ? first + i + 1 : kNone;
    }
    free_ = first;
  }

  /// One that has expired; false where there is none.
  bool forget_one() {
    const auto earliest = due_.begin();
    if (earliest == due_.end() || earliest->first > latest_) return false;
    const Index index = earliest->second;
    Entry& forgotten = entry(index);
    const Home home = home_of(forgotten.key);
    Index* link = &(*buckets_[home.buckets])[home.bucket];
    while (*link != index) link = &entry(*link).next_in_bucket;
    *link = forgotten.next_in_bucket;
    earliest->second = forgotten.next_due;
    if (earliest->second == kNone) due_.erase(earliest);
    forgotten.next_due = free_;
    free_ = index;
    return true;
  }

  std::mutex mutex_;  // guards what follows
  std::atomic<std::size_t>& kept_;
  std::vector<std::unique_ptr<Buckets>> buckets_;  // a power of two of them
  std::vector<std::unique_ptr<Block>> blocks_;
  std::map<WallTime, Index> due_;  // no chain is empty
  Index free_ = kNone;
  WallTime latest_ = WallTime::min();
};

ReplayMemory::ReplayMemory(std::size_t capacity) : capacity_{capacity} {
  const std::size_t buckets = std::bit_ceil(std::max<std::size_t>(capacity / kShards, 1));
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>(buckets, kept_));
}

ReplayMemory::~ReplayMemory() = default;

Novelty ReplayMemory::use(const crypto::Sha256& key, WallTime until, WallTime now) {
  Shard& shard = *shards_[key.octets.front() % kShards];
  Place place{kept_, capacity_};
  const Novelty novelty = shard.use(key, until, now, place);
  if (novelty != Novelty::full) return novelty;
  // One lock at a time: between them another thread may have used the key, so that it is looked up again.
  for (const auto& other : shards_) {
    if (other->hand_over(now, place)) return shard.use(key, until, now, place);
  }
  return Novelty::full;
}

std::size_t ReplayMemory::size() const { return kept_.load(); }

}  // namespace certbound::proof
