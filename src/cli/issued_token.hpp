#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/denial.hpp"
#include "model/key_record.hpp"
#include "oauth/deny_list.hpp"

namespace certbound::cli {

/// What can be said now of a token that an audit record says was issued.
enum class IssuedState : std::uint8_t {
  active,
  expired,
  denied,
  key_removed,  ///< nobody can verify it: its key is published no more
  unknown,      ///< it has not expired, and the rest is not known
};

/// `active` and so on.
[[nodiscard]] std::string_view name(IssuedState state);

/// What a state directory says of tokens.
struct TokenKnowledge {
  WallTime as_of{};  ///< when it was read
  std::shared_ptr<const oauth::DenyList> denied;
  std::map<std::uint64_t, model::Denial> denials;  ///< by id
  std::map<std::string, model::KeyRecord, std::less<>> keys;
};

/// Also while the server runs. Errors: `invalid_request` or as the store's, where there is none or it cannot be read;
/// `detail` is for the operator.
[[nodiscard]] Result<TokenKnowledge> load_token_knowledge(const std::filesystem::path& state_dir);

struct IssuedStatus {
  IssuedState state = IssuedState::unknown;
  WallTime expires_at{};
  const model::Denial* denial = nullptr;  ///< of a denied token; of one that has expired where it is still known
  const model::KeyRecord* key = nullptr;  ///< where it is known
  std::string why;                        ///< unknown, key_removed: what is wrong
};

/// Does the record say that a token was issued?
[[nodiscard]] bool is_issue(const nlohmann::json& record);

/// `known` outlives what comes back. An error there, or a record that does not say enough, is no reason to call a token
/// alive.
[[nodiscard]] IssuedStatus judge_issued(const nlohmann::json& record, const Result<TokenKnowledge>& known,
                                        WallTime now);

/// `{"state": …, "denial": {…}, "key_state": …, "detail": …}`; what there is not is left out.
[[nodiscard]] nlohmann::json status_json(const IssuedStatus& status);

/// `alive until …`, `expired …`, `denied: …`: for people.
[[nodiscard]] std::string describe_status(const IssuedStatus& status);

}  // namespace certbound::cli
