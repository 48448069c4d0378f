#include <utility>

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

Result<void> check_subject(const x509::SubjectRule& rule, const x509::PresentedChain& presented) {
  const auto is_met = rule.is_met_by(presented);
  if (!is_met) return is_met.error();
  if (!*is_met) return explain_mismatch(rule, presented.leaf);
  return {};
}

/// The name of another trust store than `own` that holds the leaf's issuer, or an empty text.
std::string find_foreign_store(const Snapshot& snapshot, std::string_view own, const x509::Certificate& leaf) {
  for (const auto& [store_name, store] : snapshot.trust_stores) {
    if (store_name != own && store->has_issuer_of(leaf)) return store_name;
  }
  return {};
}

}  // namespace

Error explain_chain_refusal(Error error, const Snapshot& snapshot, const model::Client& client,
                            const x509::Certificate& leaf) {
  if (error.reason != Reason::issuer_missing && error.reason != Reason::anchor_not_for_client) return error;
  const std::string foreign = find_foreign_store(snapshot, client.trust_store, leaf);
  if (foreign.empty()) return error;
  error.reason = Reason::anchor_not_for_client;
  error.detail += "; its issuer is in trust store \"" + foreign + "\", the client's is \"" + client.trust_store + "\"";
  return error;
}

Result<void> check_tls_client_auth(const store::DirectoryClient& client, const x509::PresentedChain& presented,
                                   const AuthContext& context) {
  const auto store = context.snapshot.trust_stores.find(client.client.trust_store);
  // Reconciliation refuses such a client; if one got here all the same, nothing is trusted for it.
  if (store == context.snapshot.trust_stores.end() || !client.subject) {
    return refuse_client(Reason::anchor_not_for_client,
                         "no trust store \"" + client.client.trust_store + "\" is loaded");
  }
  auto verified =
      context.memory.verify(*store->second, presented, context.now, context.snapshot.chain_limits, &context.ocsp);
  if (!verified && context.ocsp.questions.empty()) {
    return explain_chain_refusal(std::move(verified).error(), context.snapshot, client.client, presented.leaf);
  }
  if (auto subject = check_subject(*client.subject, presented); !subject) {
    // Whoever has some certificate of the CA must not have us ask for it.
    context.ocsp.questions.clear();
    return subject;
  }
  return verified;
}

}  // namespace certbound::oauth
