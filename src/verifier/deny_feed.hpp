#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "certbound/decision.hpp"

namespace certbound::verifier {

/// What a deny feed may have at the most, as a compact JWS.
inline constexpr std::size_t kMaximumFeedBytes = 8UL * 1024 * 1024;

/// The issuer's deny feed (`typ: denied+jwt`): tokens that were taken out of service before they expire, by `jti`, by
/// certificate, by client, or all that are older than a time. Immutable.
class DenyFeed {
 public:
  using Time = std::chrono::sys_seconds;

  /// `payload` of a JWS that was verified; `text` is that JWS. A kind of denial that is not understood is an error: the
  /// feed would be taken to deny less than it does. Errors: `invalid_request`.
  [[nodiscard]] static Result<std::shared_ptr<const DenyFeed>> parse(std::string_view payload, std::string text);

  /// `jti`, `x5t#S256`, `client_id` or `issued_before`: what denies the token at `now`; empty where nothing does.
  [[nodiscard]] std::string_view find_denial(const AccessToken& token, Time now) const;

  std::string text;
  std::string issuer;
  Time issued_at;
  Time expires_at;  ///< from then on it says nothing of what is not in it

 private:
  /// Denies what was issued before `issued_before`, until `until`; of either the latest there is where the feed has
  /// none.
  struct Term {
    Time issued_before;
    Time until;
  };
  using Terms = std::vector<Term>;
  using Subjects = std::unordered_map<std::string, Terms>;

  struct Reader;
  [[nodiscard]] static bool has_term(const Terms& terms, const AccessToken& token, Time now);
  [[nodiscard]] static bool has_subject(const Subjects& subjects, const std::string& subject, const AccessToken& token,
                                        Time now);

  Subjects token_ids_;
  Subjects certificates_;
  Subjects clients_;
  Terms all_;
};

}  // namespace certbound::verifier
