#include "x509/trust_store.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <new>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"
#include "x509/name.hpp"
#include "x509/verify_error.hpp"

namespace certbound::x509 {

namespace {

struct ContextDeleter {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
struct StackDeleter {
  // The certificates themselves are borrowed.
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using ContextHandle = std::unique_ptr<X509_STORE_CTX, ContextDeleter>;
using StackHandle = std::unique_ptr<STACK_OF(X509), StackDeleter>;

constexpr int kAuthLevel = 2;  // 112 bits of security
constexpr unsigned long kFlags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

Error refuse_path(Reason reason, std::string detail) {
  return {ErrorCode::invalid_client, reason, "client authentication failed", std::move(detail)};
}

std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// Policies that a CA demands are heeded; which ones they are is the CA's affair: the user-initial-policy-set of RFC
/// 5280 section 6.1.1 is any-policy. Unasked, OpenSSL takes requireExplicitPolicy for known and does not look at it.
void heed_policies(X509_VERIFY_PARAM& parameters) {
  if (X509_VERIFY_PARAM_add0_policy(&parameters, OBJ_nid2obj(NID_any_policy)) != 1) throw std::bad_alloc{};
  X509_VERIFY_PARAM_set_flags(&parameters, X509_V_FLAG_POLICY_CHECK);
}

/// The answers of X509_check_ca().
enum CaKind : int { kNoCa = 0, kBasicConstraintsCa = 1, kSelfSignedV1 = 3 };

Result<void> check_anchor(const Certificate& anchor, std::size_t number, bool strict) {
  X509& certificate = anchor.handle();
  const int kind = X509_check_ca(&certificate);
  ERR_clear_error();
  if (kind == kBasicConstraintsCa || (kind == kSelfSignedV1 && !strict)) return {};
  const std::string which =
      "anchor " + std::to_string(number) + " (" + render_name(*X509_get_subject_name(&certificate)) + ")";
  if (kind == kSelfSignedV1) {
    return invalid_input(which + " is an X.509 v1 certificate without basicConstraints; strict: false accepts it");
  }
  return invalid_input(which +
                       " is not a CA: its basicConstraints must say CA:TRUE, and its key usage, if any, keyCertSign");
}

StackHandle stack_of(std::span<const Certificate> sent, std::span<const Certificate> stored) {
  StackHandle stack{sk_X509_new_reserve(nullptr, static_cast<int>(sent.size() + stored.size()))};
  if (!stack) throw std::bad_alloc{};
  for (const Certificate& certificate : sent) sk_X509_push(stack.get(), &certificate.handle());
  for (const Certificate& certificate : stored) sk_X509_push(stack.get(), &certificate.handle());
  return stack;
}

Result<void> check_bounds(const Certificate& leaf, std::span<const Certificate> untrusted, const ChainLimits& limits) {
  const std::size_t count = untrusted.size() + 1;
  if (count > limits.certificates) {
    return refuse_path(Reason::chain_too_long, std::to_string(count) + " certificates presented; at most " +
                                                   std::to_string(limits.certificates));
  }
  auto bytes = static_cast<std::size_t>(i2d_X509(&leaf.handle(), nullptr));
  for (const Certificate& certificate : untrusted) {
    bytes += static_cast<std::size_t>(i2d_X509(&certificate.handle(), nullptr));
  }
  if (bytes <= limits.bytes) return {};
  return refuse_path(Reason::chain_too_long, "certificates of " + std::to_string(bytes) +
                                                 " octets presented; at most " + std::to_string(limits.bytes));
}

VerifiedPath take_path(X509_STORE_CTX& context) {
  VerifiedPath path;
  path.not_before = WallTime::min();
  path.not_after = WallTime::max();
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(&context);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    path.certificates.push_back(Certificate::share(*sk_X509_value(chain, i)));
    path.not_before = std::max(path.not_before, path.certificates.back().not_before());
    path.not_after = std::min(path.not_after, path.certificates.back().not_after());
  }
  return path;
}

/// Everything that the purpose asks of a certificate but its extended key usage, whose anyExtendedKeyUsage OpenSSL's
/// purpose does not know.
bool permits_any_purpose(X509& certificate, bool is_leaf) {
  const bool has_any = (X509_get_extension_flags(&certificate) & EXFLAG_XKUSAGE) != 0 &&
                       (X509_get_extended_key_usage(&certificate) & XKU_ANYEKU) != 0;
  if (!has_any) return false;
  // An issuer is a CA. A leaf, which may be a CA too, signs the handshake, or agrees on a key in it.
  if (!is_leaf) return X509_check_ca(&certificate) != kNoCa;
  return (X509_get_key_usage(&certificate) & (KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT)) != 0;
}

/// RFC 5280 section 4.2.1.12: anyExtendedKeyUsage permits TLS client authentication as well.
int accept_any_extended_key_usage(int is_good, X509_STORE_CTX* context) {
  if (is_good == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_INVALID_PURPOSE) return is_good;
  X509* certificate = X509_STORE_CTX_get_current_cert(context);
  const bool is_leaf = X509_STORE_CTX_get_error_depth(context) == 0;
  if (certificate == nullptr || !permits_any_purpose(*certificate, is_leaf)) return 0;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

/// With X509_V_FLAG_PARTIAL_CHAIN a certificate that stands in the store needs no issuer, not even as a leaf.
Result<void> check_is_no_anchor(const Certificate& leaf, std::span<const Certificate> anchors) {
  const auto is_leaf = [&leaf](const Certificate& anchor) { return X509_cmp(&anchor.handle(), &leaf.handle()) == 0; };
  if (std::none_of(anchors.begin(), anchors.end(), is_leaf)) return {};
  return refuse_path(
      Reason::anchor_not_for_client,
      "certificate 0 (" + render_name(*X509_get_subject_name(&leaf.handle())) +
          "): it is itself an anchor of the trust store; an anchor issues certificates and is not a client's");
}

void set_query(X509_STORE_CTX& context, const TrustStore::Query& query) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(&context);
  X509_VERIFY_PARAM_set_depth(parameters, std::max(0, query.limits.depth));
  X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(unix_seconds(query.now)));
}

}  // namespace

Result<std::shared_ptr<const TrustStore>> TrustStore::make(std::string name, std::vector<Certificate> anchors,
                                                           std::vector<Certificate> intermediates, bool strict) {
  if (anchors.empty()) return invalid_input("trust store \"" + name + "\" has no anchor; it would trust nobody");
  std::shared_ptr<TrustStore> made{new TrustStore};
  made->store_.reset(X509_STORE_new(), X509_STORE_free);
  if (!made->store_) return internal_error(crypto::take_openssl_errors());
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    if (auto good = check_anchor(anchors[i], i + 1, strict); !good) {
      Error error = std::move(good).error();
      error.detail = "trust store \"" + name + "\": " + error.detail;
      return error;
    }
    if (X509_STORE_add_cert(made->store_.get(), &anchors[i].handle()) != 1) {
      return internal_error("trust store \"" + name + "\": " + crypto::take_openssl_errors());
    }
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(made->store_.get());
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
  heed_policies(*parameters);
  X509_VERIFY_PARAM_set_flags(parameters, strict ? kFlags | X509_V_FLAG_X509_STRICT : kFlags);
  made->name_ = std::move(name);
  made->anchors_ = std::move(anchors);
  made->intermediates_ = std::move(intermediates);
  made->strict_ = strict;
  made->generation_ = next_generation();
  return std::shared_ptr<const TrustStore>{std::move(made)};
}

std::shared_ptr<const TrustStore> TrustStore::with_revocation(Revocation revocation) const {
  std::shared_ptr<TrustStore> changed{new TrustStore{*this}};
  changed->revocation_ = std::move(revocation);
  changed->generation_ = next_generation();
  return changed;
}

std::vector<Certificate> TrustStore::authorities() const {
  std::vector<Certificate> authorities = anchors_;
  authorities.insert(authorities.end(), intermediates_.begin(), intermediates_.end());
  return authorities;
}

Result<VerifiedPath> TrustStore::verify(const Certificate& leaf, std::span<const Certificate> untrusted,
                                        const Query& query) const {
  auto path = find_path(leaf, untrusted, query);
  if (!path) return path;
  if (auto checked = revocation_.check(*path, query.now, query.ocsp); !checked) return std::move(checked).error();
  return path;
}

Result<VerifiedPath> TrustStore::find_path(const Certificate& leaf, std::span<const Certificate> untrusted,
                                           const Query& query) const {
  if (auto bounded = check_bounds(leaf, untrusted, query.limits); !bounded) return std::move(bounded).error();
  if (auto issued = check_is_no_anchor(leaf, anchors_); !issued) return std::move(issued).error();
  const StackHandle stack = stack_of(untrusted, intermediates_);
  const ContextHandle context{X509_STORE_CTX_new()};
  if (!context || X509_STORE_CTX_init(context.get(), store_.get(), &leaf.handle(), stack.get()) != 1) {
    return internal_error("verifying a chain: " + crypto::take_openssl_errors());
  }
  set_query(*context, query);
  X509_STORE_CTX_set_verify_cb(context.get(), accept_any_extended_key_usage);
  // Less than 0 is no verdict at all, and a certificate with an odd key can cause that: it is refused as well.
  if (X509_verify_cert(context.get()) <= 0) return make_verify_error(*context, anchors_);
  ERR_clear_error();
  return take_path(*context);
}

bool TrustStore::has_issuer_of(const Certificate& certificate) const {
  const auto issued_it = [&certificate](const Certificate& candidate) {
    return X509_check_issued(&candidate.handle(), &certificate.handle()) == X509_V_OK;
  };
  const bool found = std::any_of(anchors_.begin(), anchors_.end(), issued_it) ||
                     std::any_of(intermediates_.begin(), intermediates_.end(), issued_it);
  ERR_clear_error();
  return found;
}

}  // namespace certbound::x509
