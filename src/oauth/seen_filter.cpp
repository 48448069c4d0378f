#include "oauth/seen_filter.hpp"

namespace certbound::oauth {

bool SeenFilter::is_due(std::string_view client_id, const crypto::Sha256& leaf, WallTime now) {
  if (const auto found = noted_.find(client_id); found != noted_.end()) {
    Noted& last = found->second;
    const auto interval = last.leaf == leaf ? kInterval : kShortest;
    if (last.time <= now && now < last.time + interval) return false;
    last = {leaf, now};
    return true;
  }
  // All at once: a note too many for each client is cheaper than an order of use.
  if (noted_.size() >= capacity_) noted_.clear();
  noted_.emplace(client_id, Noted{leaf, now});
  return true;
}

}  // namespace certbound::oauth
