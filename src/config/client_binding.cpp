#include "config/client_binding.hpp"

#include <optional>
#include <string>

#include "config/fields.hpp"

namespace certbound::config {

namespace {

using model::BindingRule;

constexpr std::string_view kBoolean = "tls_client_certificate_bound_access_tokens";
constexpr std::string_view kRule = "certificate_binding";
constexpr std::string_view kConstraint = "sender_constraint";
constexpr std::string_view kDpop = "dpop_bound_access_tokens";

/// What the client's own options say of certificates; nothing where they say nothing.
std::optional<BindingRule> read_certificate_rule(Reader& reader, const Node& node, const ClientDraft& draft) {
  const Node* boolean = node.find(kBoolean);
  if (boolean == nullptr) return draft.certificate_binding;
  const bool is_required = draft.tls_client_certificate_bound_access_tokens;
  if (!draft.certificate_binding) return is_required ? BindingRule::required : BindingRule::never;
  if (is_required != (*draft.certificate_binding == BindingRule::required)) {
    reader.complain_of(kBoolean, *boolean,
                       "contradicts certificate_binding: true is what required says, false one of the others; remove "
                       "one of the two");
  }
  return draft.certificate_binding;
}

void contradict(Reader& reader, const Node& node, std::string_view key, SenderConstraint constraint) {
  const Node* place = node.find(key);
  reader.complain_of(key, place == nullptr ? node : *place,
                     "contradicts sender_constraint: " + std::string{name(constraint)} + "; remove one of the two");
}

/// The option under which the rule for certificates stands.
std::string_view rule_key(const Node& node) { return node.find(kRule) != nullptr ? kRule : kBoolean; }

void apply(Reader& reader, const Node& node, SenderConstraint constraint, const std::optional<BindingRule>& certificate,
           model::Client& client) {
  const bool wants_certificate = constraint != SenderConstraint::dpop;
  const bool wants_dpop = constraint != SenderConstraint::mtls;
  if (certificate && (*certificate == BindingRule::required) != wants_certificate) {
    contradict(reader, node, rule_key(node), constraint);
  }
  const bool is_dpop_stated = node.find(kDpop) != nullptr;
  if (is_dpop_stated && (client.dpop_binding == BindingRule::required) != wants_dpop) {
    contradict(reader, node, kDpop, constraint);
  }
  client.certificate_binding = wants_certificate ? BindingRule::required : BindingRule::never;
  client.dpop_binding = wants_dpop ? BindingRule::required : BindingRule::never;
}

}  // namespace

Field<ClientDraft> certificate_bound_field() {
  return boolean<&ClientDraft::tls_client_certificate_bound_access_tokens>(
      "tls_client_certificate_bound_access_tokens",
      "Whether the client's tokens are bound to its certificate (RFC 8705 section 3): what certificate_binding "
      "says with required. Of other methods than the two TLS ones the default is false.");
}

Field<ClientDraft> certificate_binding_field() {
  return choice<&ClientDraft::certificate_binding>(
             "certificate_binding",
             {{model::name(BindingRule::required), BindingRule::required},
              {model::name(BindingRule::when_presented), BindingRule::when_presented},
              {model::name(BindingRule::never), BindingRule::never}},
             "The same with a third choice: when_presented binds tokens to the certificate of the connection where "
             "there is one, whoever issued it, and asks for none. Default: required for the two TLS methods, else "
             "never.")
      .sample("when_presented");
}

Field<ClientDraft> dpop_bound_field() {
  return boolean<&ClientDraft::dpop_bound_access_tokens>(
      "dpop_bound_access_tokens",
      "Whether the client gets tokens with a DPoP proof only (RFC 9449 section 5.2). A proof that it sends "
      "binds its token in any case.");
}

Field<ClientDraft> sender_constraint_field() {
  return choice<&ClientDraft::sender_constraint>(
             "sender_constraint",
             {{"mtls", SenderConstraint::mtls}, {"dpop", SenderConstraint::dpop}, {"both", SenderConstraint::both}},
             "To what the client's tokens are bound, all of it required and nothing else: mtls: its certificate, "
             "dpop: "
             "the key of its DPoP proof, both. Some client libraries refuse tokens that are bound to both. Without it "
             "the options above decide, and a token is bound to whatever the request proves.")
      .sample("mtls");
}

std::string_view name(SenderConstraint constraint) {
  switch (constraint) {
    case SenderConstraint::mtls:
      return "mtls";
    case SenderConstraint::dpop:
      return "dpop";
    case SenderConstraint::both:
      return "both";
  }
  return {};
}

void read_binding(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client) {
  const std::optional<BindingRule> certificate = read_certificate_rule(reader, node, draft);
  const bool is_tls = draft.method && model::is_tls_method(*draft.method);
  client.certificate_binding = certificate.value_or(is_tls ? BindingRule::required : BindingRule::never);
  client.dpop_binding = draft.dpop_bound_access_tokens ? BindingRule::required : BindingRule::when_presented;
  if (draft.sender_constraint) apply(reader, node, *draft.sender_constraint, certificate, client);
}

}  // namespace certbound::config
