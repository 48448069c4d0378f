#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "model/denial.hpp"
#include "oauth/claims.hpp"

namespace certbound::oauth {

/// The denials as requests ask them, immutable: three hash lookups and a comparison, with ten of them or a million.
/// Shared by all workers. A changed one shares with its predecessor what the change did not touch, so that a change
/// costs about the thousandth part of the whole.
class DenyList {
 public:
  DenyList();

  [[nodiscard]] static std::shared_ptr<const DenyList> make(std::span<const model::Denial> denials);

  /// This one without `removed`, which are known by kind, subject and id, and with `added`. One that was changed is in
  /// both.
  [[nodiscard]] std::shared_ptr<const DenyList> with(std::span<const model::Denial> added,
                                                     std::span<const model::Denial> removed) const;

  /// What denies the token at `now`; nothing where nothing does. No allocation.
  [[nodiscard]] std::optional<model::DenialKind> find(const Claims& claims, WallTime now) const;
  /// The same, as the denial's id.
  [[nodiscard]] std::optional<std::uint64_t> find_id(const Claims& claims, WallTime now) const;

  /// Is every token of the client, or bound to the certificate, denied at `now`, whenever it is issued? Then none is
  /// issued.
  [[nodiscard]] bool denies_client(std::string_view client_id, WallTime now) const;
  [[nodiscard]] bool denies_certificate(std::string_view x5t_s256, WallTime now) const;

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Term {
    std::uint64_t id;
    WallTime issued_before;  // the latest there is where all are meant
    WallTime until;          // the latest there is where it does not end
  };
  struct KeyView {
    model::DenialKind kind;
    std::string_view subject;
  };
  struct Key {
    model::DenialKind kind;
    std::string subject;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const KeyView& key) const;
    std::size_t operator()(const Key& key) const { return (*this)(KeyView{key.kind, key.subject}); }
  };
  struct Equal {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.kind == b.kind && a.subject == b.subject;
    }
  };
  using Shard = std::unordered_multimap<Key, Term, Hash, Equal>;
  class Editor;

  // A thousandth of a million is copied in a tenth of a millisecond; so is a thousand pointers.
  static constexpr std::size_t kShards = 1024;

  struct Found {
    model::DenialKind kind;
    std::uint64_t id;
  };
  [[nodiscard]] std::optional<Found> find_one(const Claims& claims, WallTime now) const;
  [[nodiscard]] const Term* find_term_after(const KeyView& key, WallTime issued_at, WallTime now) const;
  [[nodiscard]] static std::size_t shard_of(const KeyView& key);

  std::array<std::shared_ptr<const Shard>, kShards> shards_;  // null: empty
  std::vector<Term> for_all_;                                 // of kind issued_before
  std::size_t size_ = 0;
};

}  // namespace certbound::oauth
