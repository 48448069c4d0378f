#include "oauth/deny_list.hpp"

#include <algorithm>
#include <functional>

namespace certbound::oauth {

namespace {

using model::DenialKind;

}  // namespace

/// Makes the next list: each shard that is touched is copied once.
class DenyList::Editor {
 public:
  explicit Editor(DenyList& list) : list_{list} {}
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;
  ~Editor() = default;

  void add(const model::Denial& denial) {
    const Term term{denial.id, denial.issued_before.value_or(WallTime::max()), denial.until.value_or(WallTime::max())};
    ++list_.size_;
    if (denial.kind == DenialKind::issued_before) {
      list_.for_all_.push_back(term);
    } else {
      edit(KeyView{denial.kind, denial.subject}).emplace(Key{denial.kind, denial.subject}, term);
    }
  }

  void remove(const model::Denial& denial) {
    const auto is_it = [&denial](const Term& term) { return term.id == denial.id; };
    if (denial.kind == DenialKind::issued_before) {
      list_.size_ -= std::erase_if(list_.for_all_, is_it);
      return;
    }
    const KeyView key{denial.kind, denial.subject};
    Shard& shard = edit(key);
    const auto [first, last] = shard.equal_range(key);
    const auto found = std::find_if(first, last, [&is_it](const auto& entry) { return is_it(entry.second); });
    if (found == last) return;
    shard.erase(found);
    --list_.size_;
  }

 private:
  Shard& edit(const KeyView& key) {
    const std::size_t index = shard_of(key);
    std::shared_ptr<Shard>& mine = edited_[index];
    if (!mine) {
      const auto& before = list_.shards_.at(index);
      mine = before ? std::make_shared<Shard>(*before) : std::make_shared<Shard>();
      list_.shards_.at(index) = mine;
    }
    return *mine;
  }

  DenyList& list_;
  std::unordered_map<std::size_t, std::shared_ptr<Shard>> edited_;
};

DenyList::DenyList() = default;

std::size_t DenyList::Hash::operator()(const KeyView& key) const {
  // The kinds apart: a client may be named as a token is.
  return std::hash<std::string_view>{}(key.subject) ^ (static_cast<std::size_t>(key.kind) << 8U);
}

// The table within a shard takes the hash modulo a prime, so that the low bits do no harm there.
std::size_t DenyList::shard_of(const KeyView& key) { return Hash{}(key) % kShards; }

std::shared_ptr<const DenyList> DenyList::make(std::span<const model::Denial> denials) {
  return DenyList{}.with(denials, {});
}

std::shared_ptr<const DenyList> DenyList::with(std::span<const model::Denial> added,
                                               std::span<const model::Denial> removed) const {
  auto next = std::make_shared<DenyList>(*this);
  Editor editor{*next};
  // In this order: what was changed is in both, with the same id.
  for (const model::Denial& denial : removed) editor.remove(denial);
  for (const model::Denial& denial : added) editor.add(denial);
  return next;
}

const DenyList::Term* DenyList::find_term_after(const KeyView& key, WallTime issued_at, WallTime now) const {
  const auto& shard = shards_.at(shard_of(key));
  if (!shard) return nullptr;
  const auto [first, last] = shard->equal_range(key);
  const auto found = std::find_if(first, last, [&](const auto& entry) {
    return issued_at < entry.second.issued_before && now < entry.second.until;
  });
  return found == last ? nullptr : &found->second;
}

std::optional<DenyList::Found> DenyList::find_one(const Claims& claims, WallTime now) const {
  if (size_ == 0) return std::nullopt;
  const KeyView keys[] = {{DenialKind::jti, claims.jti},
                          {DenialKind::thumbprint, claims.confirmation.x5t_s256},
                          {DenialKind::client, claims.client_id}};
  for (const KeyView& key : keys) {
    if (const Term* term = find_term_after(key, claims.issued_at, now)) return Found{key.kind, term->id};
  }
  const auto found = std::find_if(for_all_.begin(), for_all_.end(), [&](const Term& term) {
    return claims.issued_at < term.issued_before && now < term.until;
  });
  if (found == for_all_.end()) return std::nullopt;
  return Found{DenialKind::issued_before, found->id};
}

std::optional<DenialKind> DenyList::find(const Claims& claims, WallTime now) const {
  const auto found = find_one(claims, now);
  return found ? std::optional{found->kind} : std::nullopt;
}

std::optional<std::uint64_t> DenyList::find_id(const Claims& claims, WallTime now) const {
  const auto found = find_one(claims, now);
  return found ? std::optional{found->id} : std::nullopt;
}

namespace {

/// No time of issue is later than that but for a denial that names none.
constexpr WallTime kLastTime = WallTime::max() - std::chrono::seconds{1};

}  // namespace

bool DenyList::denies_client(std::string_view client_id, WallTime now) const {
  return size_ != 0 && find_term_after(KeyView{DenialKind::client, client_id}, kLastTime, now) != nullptr;
}

bool DenyList::denies_certificate(std::string_view x5t_s256, WallTime now) const {
  return size_ != 0 && find_term_after(KeyView{DenialKind::thumbprint, x5t_s256}, kLastTime, now) != nullptr;
}

}  // namespace certbound::oauth
