#include "store/live_denials.hpp"

#include <algorithm>
#include <utility>

namespace certbound::store {

namespace {

using model::Denial;
using model::DenialOrigin;

/// Nothing is the latest of all.
std::optional<WallTime> later_end(const std::optional<WallTime>& a, const std::optional<WallTime>& b) {
  if (!a || !b) return std::nullopt;
  return std::max(*a, *b);
}

Denial merge(const Denial& before, const Denial& asked) {
  Denial merged = before;
  merged.until = later_end(before.until, asked.until);
  merged.issued_before = std::max(before.issued_before, asked.issued_before);
  if (asked.origin == DenialOrigin::by_operator) merged.reason = asked.reason;
  return merged;
}

/// A certificate that is found revoked comes again and again: not a row is written for each time.
bool is_found_again(const Denial& before, const Denial& asked) {
  constexpr std::chrono::minutes kInterval{10};
  return asked.origin == DenialOrigin::by_server && *asked.issued_before < *before.issued_before + kInterval;
}

Error no_room(DenialOrigin origin, std::size_t limit, std::string_view whose) {
  const std::string detail = std::to_string(limit) + " denials of " + std::string{whose} + " are in force already";
  if (origin == DenialOrigin::by_operator) {
    return invalid_input(detail +
                         ", and the deny feed has room for no more: end some with deny remove; one --client or one "
                         "--issued-before denies what many --jti do");
  }
  return {ErrorCode::temporarily_unavailable, Reason::denials_full,
          "too many revocations are in force; ask again later", detail};
}

std::string_view owners_of(DenialOrigin origin) {
  switch (origin) {
    case DenialOrigin::by_operator:
      return "operators";
    case DenialOrigin::by_client:
      return "clients";
    case DenialOrigin::by_server:
      return "certificates that were found revoked";
  }
  return {};
}

}  // namespace

std::string LiveDenials::key_of(const Denial& denial) {
  std::string key = std::string{name(denial.origin)} + " " + std::string{name(denial.kind)};
  if (denial.issued_before) {
    const bool is_found = denial.origin == DenialOrigin::by_server;
    key += is_found ? " found" : " " + std::to_string(unix_seconds(*denial.issued_before));
  }
  return key + "\n" + denial.subject;
}

std::size_t LiveDenials::limit_of(DenialOrigin origin) const {
  switch (origin) {
    case DenialOrigin::by_operator:
      return limits_.of_operators;
    case DenialOrigin::by_client:
      return limits_.of_clients;
    case DenialOrigin::by_server:
      return limits_.of_server;
  }
  return 0;
}

Result<LiveDenials::Placement> LiveDenials::place(const Denial& asked) const {
  const auto found = by_key_.find(key_of(asked));
  Placement placement{std::nullopt, asked};
  if (found != by_key_.end()) {
    placement.before = found->second;
    placement.after = is_found_again(found->second, asked) ? found->second : merge(found->second, asked);
  }
  if (auto room = check_room(placement); !room) return std::move(room).error();
  return placement;
}

Result<void> LiveDenials::check_room(const Placement& placement) const {
  const Denial& denial = placement.after;
  if (placement.before) return {};
  if (denial.origin == DenialOrigin::by_client) {
    const auto own = clients_.find(denial.revoked_by);
    if (own != clients_.end() && own->second >= limits_.of_one_client) {
      return no_room(denial.origin, limits_.of_one_client, "client " + denial.revoked_by);
    }
  }
  std::size_t limit = limit_of(denial.origin);
  // For what denies at once what so many tokens one by one do not: an incident must not find the room full.
  if (denial.origin == DenialOrigin::by_operator && denial.kind == model::DenialKind::jti) limit -= limit / 25;
  if (count_of(denial.origin) >= limit) return no_room(denial.origin, limit, owners_of(denial.origin));
  return {};
}

std::size_t LiveDenials::count_of(DenialOrigin origin) const { return counts_.at(static_cast<std::size_t>(origin)); }

void LiveDenials::put(const Denial& denial) {
  remove(denial);
  ++counts_.at(static_cast<std::size_t>(denial.origin));
  if (denial.origin == DenialOrigin::by_client) ++clients_[denial.revoked_by];
  by_key_.insert_or_assign(key_of(denial), denial);
}

void LiveDenials::remove(const Denial& denial) {
  const auto found = by_key_.find(key_of(denial));
  if (found == by_key_.end()) return;
  --counts_.at(static_cast<std::size_t>(found->second.origin));
  const auto own = clients_.find(found->second.revoked_by);
  if (own != clients_.end() && --own->second == 0) clients_.erase(own);
  by_key_.erase(found);
}

}  // namespace certbound::store
