#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "model/ids.hpp"
#include "oauth/client_auth/authenticate.hpp"
#include "oauth/proof/binding.hpp"
#include "oauth/snapshot.hpp"
#include "oauth/token_policy.hpp"
#include "oauth/token_request.hpp"

namespace certbound::oauth {

/// What a token may say. Only a grant makes one.
class Authorization {
 public:
  [[nodiscard]] const std::string& subject() const { return subject_; }
  [[nodiscard]] const std::string& client_id() const { return client_id_; }
  [[nodiscard]] const std::vector<std::string>& audience() const { return audience_; }
  [[nodiscard]] const model::Scope& scope() const { return scope_; }
  [[nodiscard]] const Confirmation& confirmation() const { return confirmation_; }
  [[nodiscard]] const TokenPolicy& token() const { return token_; }

 private:
  friend class Grant;
  Authorization() = default;
  std::string subject_;
  std::string client_id_;
  std::vector<std::string> audience_;
  model::Scope scope_;
  Confirmation confirmation_;
  TokenPolicy token_;
};

/// One grant type (RFC 6749 section 1.3). Stateless.
class Grant {
 public:
  Grant() = default;
  Grant(const Grant&) = delete;
  Grant& operator=(const Grant&) = delete;
  virtual ~Grant() = default;

  /// What the caller may have of what it asked for; `bound`: to what. Errors: the codes of RFC 6749 section 5.2 and
  /// RFC 8707 section 2.
  [[nodiscard]] virtual Task<Result<Authorization>> authorize(const TokenRequest& request,
                                                              const AuthenticatedClient& caller,
                                                              const Confirmation& bound,
                                                              const Snapshot& snapshot) const = 0;

 protected:
  struct Facts {
    Facts() = default;
    std::string subject;
    std::vector<std::string> audience;
    model::Scope scope;
    TokenPolicy token;
  };
  [[nodiscard]] static Authorization make_authorization(Facts facts, const AuthenticatedClient& caller,
                                                        const Confirmation& bound);
};

struct GrantEntry {
  std::string_view name;
  const Grant* (*grant)();
};

/// Every grant type of this server; discovery publishes exactly these.
[[nodiscard]] std::span<const GrantEntry> all_grants();

/// Errors: `unsupported_grant_type`.
[[nodiscard]] Result<const Grant*> find_grant(std::string_view grant_type);

}  // namespace certbound::oauth
