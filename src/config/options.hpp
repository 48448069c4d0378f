#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/section.hpp"

namespace certbound::config {

/// `sender_constraint`: to what a client's tokens are bound, and to nothing else.
enum class SenderConstraint : std::uint8_t { mtls, dpop, both };
[[nodiscard]] std::string_view name(SenderConstraint constraint);

/// A client as its section spells it, before the checks that concern several options or other sections.
struct ClientDraft {
  struct Subject {
    model::RegisteredSubject registered;
    const Node* node = nullptr;
  };

  bool is_complete = true;  ///< every option was understood, so what is missing is missing
  std::string client_id;
  std::string client_name;
  std::optional<model::AuthMethod> method;
  std::vector<Subject> subjects;
  std::string trust_store;
  const Node* certificates = nullptr;
  const Node* jwks = nullptr;
  std::string jwks_uri;
  const Node* public_keys = nullptr;
  std::optional<std::string> assertion_algorithm;
  const Node* client_secret_file = nullptr;
  std::string scope;
  const Node* resources = nullptr;
  bool tls_client_certificate_bound_access_tokens = true;
  std::optional<model::BindingRule> certificate_binding;
  bool dpop_bound_access_tokens = false;
  std::optional<SenderConstraint> sender_constraint;
};

/// Every option of the main file. `clients` and `include` store nothing: load.cpp reads them, since clients can be
/// checked only when the trust stores and resources of all files are known.
[[nodiscard]] const Section<Config>& config_section();
/// The options that an included file may hold.
[[nodiscard]] const Section<Config>& included_section();
[[nodiscard]] const Section<ClientDraft>& client_section();

}  // namespace certbound::config
