#include "base/text.hpp"
#include "oauth/client_auth/method.hpp"

namespace certbound::oauth {

namespace {

/// Off the hot path: what did not match, for the log and the audit record.
Error explain_mismatch(const x509::SubjectRule& rule, const x509::Certificate& leaf) {
  const auto match = rule.explain(leaf);
  if (!match) return match.error();
  std::string detail{name(rule.field())};
  detail += ": registered \"" + match->expected + "\", presented ";
  detail += match->presented.empty() ? "none" : "\"" + join(match->presented, "\", \"") + "\"";
  if (!match->hint.empty()) detail += "; " + match->hint;
  return refuse_client(match->only_order_differs ? Reason::subject_order_differs : Reason::subject_mismatch,
                       std::move(detail));
}

}  // namespace

Result<void> check_tls_client_auth(const store::DirectoryClient& client, const x509::PresentedChain& presented,
                                   const AuthContext& context) {
  const auto store = context.snapshot.trust_stores.find(client.client.trust_store);
  // Reconciliation refuses such a client; if one got here all the same, nothing is trusted for it.
  if (store == context.snapshot.trust_stores.end() || !client.subject) {
    return refuse_client(Reason::anchor_not_for_client,
                         "no trust store \"" + client.client.trust_store + "\" is loaded");
  }
  if (auto verified = context.memory.verify(*store->second, presented, context.now); !verified) return verified;
  const auto is_met = client.subject->is_met_by(presented.leaf);
  if (!is_met) return is_met.error();
  if (!*is_met) return explain_mismatch(*client.subject, presented.leaf);
  return {};
}

}  // namespace certbound::oauth
