#include "net/peer.hpp"

#include <utility>
#include <vector>

#include <openssl/err.h>

namespace certbound::net {

namespace {

Error refuse_chain(std::string detail) {
  return {ErrorCode::invalid_client, Reason::chain_too_long, "client authentication failed", std::move(detail)};
}

}  // namespace

Result<void> check_presented(X509_STORE_CTX& context) {
  X509* leaf = X509_STORE_CTX_get0_cert(&context);
  if (leaf == nullptr) {
    return Error{ErrorCode::invalid_client, Reason::certificate_unusable, "client authentication failed", "no leaf"};
  }
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(&context);
  const int count = sent == nullptr ? 1 : sk_X509_num(sent);
  const int most = X509_VERIFY_PARAM_get_depth(X509_STORE_CTX_get0_param(&context)) + 1;
  if (count > most) {
    return refuse_chain(std::to_string(count) + " certificates; at most " + std::to_string(most));
  }
  return x509::check_presented_key(x509::Certificate::share(*leaf));
}

std::shared_ptr<const x509::PresentedChain> take_presented_chain(const SSL& ssl) {
  X509* leaf = SSL_get0_peer_certificate(&ssl);
  if (leaf == nullptr) return nullptr;
  std::vector<x509::Certificate> others;
  // On the server's side the chain is without the leaf.
  if (const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(&ssl); chain != nullptr) {
    for (int i = 0; i < sk_X509_num(chain); ++i) others.push_back(x509::Certificate::share(*sk_X509_value(chain, i)));
  }
  return std::make_shared<const x509::PresentedChain>(x509::Certificate::share(*leaf), std::move(others));
}

}  // namespace certbound::net
