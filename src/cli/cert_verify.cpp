#include <charconv>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/ask_ocsp.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"
#include "fetch/allow_list.hpp"
#include "fetch/url.hpp"
#include "x509/name.hpp"
#include "x509/trust_store.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kCertVerifyArguments[] = {
    {"--anchors", ArgumentKind::value, "PEM: the CAs that may end the chain", true},
    {"--chain", ArgumentKind::value, "PEM: the chain as a client sends it, leaf first", true},
    {"--crl", ArgumentKind::values, "CRLs, PEM or DER, of the CAs; may be given several times", false},
    {"--ocsp", ArgumentKind::value, "whom to ask by OCSP: the URL of a responder, or from_certificate", false},
    {"--ocsp-host", ArgumentKind::values,
     "with from_certificate: a host that a certificate may name as its responder; may be given several times", false},
    {"--revocation", ArgumentKind::value, "off, soft_fail or require (default: require with --crl or --ocsp)", false},
    {"--max-depth", ArgumentKind::value, "intermediates between leaf and anchor, at most (default 4)", false},
    {"--max-certificates", ArgumentKind::value, "certificates in --chain, at most (default 6)", false},
    {"--time", ArgumentKind::value, "judge as of this time: RFC 3339 or Unix seconds", false},
    kJsonArgument,
};

/// A whole number from `least` to 1000, or `otherwise` where it was not given.
Result<int> parse_number(const Arguments& arguments, std::string_view name, int least, int otherwise) {
  if (!arguments.has(name)) return otherwise;
  const std::string text = arguments.value(name);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > 1000) {
    return invalid_input(std::string{name} + ": \"" + text + "\" is not a number from " + std::to_string(least) +
                         " to 1000");
  }
  return number;
}

Result<x509::TrustStore::Query> parse_query(const Arguments& arguments) {
  x509::TrustStore::Query query;
  query.now = wall_now();
  if (arguments.has("--time")) {
    const auto time = parse_time(arguments.value("--time"));
    if (!time) return time.error();
    query.now = *time;
  }
  const auto depth = parse_number(arguments, "--max-depth", 0, query.limits.depth);
  if (!depth) return depth.error();
  query.limits.depth = *depth;
  const auto certificates =
      parse_number(arguments, "--max-certificates", 1, static_cast<int>(query.limits.certificates));
  if (!certificates) return certificates.error();
  query.limits.certificates = static_cast<std::size_t>(*certificates);
  return query;
}

/// What --revocation says, else what --crl and --ocsp mean.
Result<x509::RevocationMode> parse_mode(const Arguments& arguments) {
  using x509::RevocationMode;
  if (!arguments.has("--revocation")) {
    return arguments.has("--crl") || arguments.has("--ocsp") ? RevocationMode::require : RevocationMode::off;
  }
  for (const RevocationMode mode : {RevocationMode::off, RevocationMode::soft_fail, RevocationMode::require}) {
    if (arguments.value("--revocation") == x509::name(mode)) return mode;
  }
  return invalid_input("--revocation: \"" + arguments.value("--revocation") + "\" is none of off, soft_fail, require");
}

/// Whom to ask by OCSP, and the fetches for it: whoever typed a host may have it asked at a private address too.
struct OcspAsked {
  OcspAsked() = default;

  x509::OcspOptions options;
  fetch::Options fetching;
};

Result<OcspAsked> parse_ocsp(const Arguments& arguments) {
  OcspAsked asked;
  const std::string source = arguments.value("--ocsp");
  asked.options.hosts = arguments.values("--ocsp-host");
  if (source == "from_certificate") {
    asked.options.source = x509::OcspSource::from_certificate;
    if (asked.options.hosts.empty()) return invalid_input("--ocsp from_certificate needs --ocsp-host HOST");
    if (const auto hosts = fetch::AllowList::parse(asked.options.hosts); !hosts) return hosts.error();
    asked.fetching.allow = asked.options.hosts;
    return asked;
  }
  if (!asked.options.hosts.empty()) return invalid_input("--ocsp-host belongs to --ocsp from_certificate");
  if (!arguments.has("--ocsp")) return asked;
  const auto url = fetch::parse_url(source);
  if (!url) return invalid_input("--ocsp: neither from_certificate nor the URL of a responder; " + url.error().detail);
  asked.options.source = x509::OcspSource::responder;
  asked.options.responder = source;
  asked.fetching.allow = {render_authority(*url)};
  return asked;
}

ExitStatus report_refusal(const Error& error, bool is_json) {
  if (is_json) {
    nlohmann::ordered_json json;
    json["valid"] = false;
    json["reason"] = name(error.reason);
    json["detail"] = error.detail;
    print_json(json);
  } else {
    print("refused: " + std::string{name(error.reason)} + ": " + printable(error.detail) + "\n" +
          std::string{meaning(error.reason)} + "\n");
  }
  return ExitStatus::answer_is_no;
}

/// Certificates, or with what to end.
struct LoadedCertificates {
  std::vector<x509::Certificate> certificates;
  ExitStatus status = ExitStatus::done;
};

LoadedCertificates load_certificates(const std::string& file, bool is_json) {
  LoadedCertificates loaded;
  const auto pem = load_file(file);
  if (!pem) {
    loaded.status = fail(ExitStatus::could_not_run, pem.error());
    return loaded;
  }
  auto certificates = x509::parse_pem_certificates(*pem);
  if (certificates) {
    loaded.certificates = *std::move(certificates);
  } else {
    loaded.status = report_refusal(invalid_input(file + ": " + certificates.error().detail), is_json);
  }
  return loaded;
}

/// The store with what the command line says of revocation, or with what to end.
struct LoadedRevocation {
  std::shared_ptr<const x509::TrustStore> store;
  ExitStatus status = ExitStatus::done;
};

/// `issuers`: who may have signed a CRL besides the store's own.
LoadedRevocation load_revocation(const Arguments& arguments, const x509::TrustStore& store,
                                 std::span<const x509::Certificate> issuers, x509::RevocationMode mode,
                                 const x509::OcspOptions& ocsp) {
  LoadedRevocation loaded;
  std::vector<x509::Certificate> authorities = store.authorities();
  authorities.insert(authorities.end(), issuers.begin(), issuers.end());
  std::vector<std::shared_ptr<const x509::Crl>> crls;
  for (const std::string& file : arguments.values("--crl")) {
    const auto content = load_file(file, x509::kMaximumCrlFileBytes);
    if (!content) {
      loaded.status = fail(ExitStatus::could_not_run, content.error());
      return loaded;
    }
    const auto parsed = x509::parse_crls(*content, authorities);
    if (!parsed) {
      loaded.status = report_refusal(invalid_input(file + ": " + parsed.error().detail), arguments.has("--json"));
      return loaded;
    }
    crls.insert(crls.end(), parsed->begin(), parsed->end());
  }
  loaded.store = store.with_revocation(x509::Revocation{mode, std::move(crls), ocsp});
  return loaded;
}

nlohmann::ordered_json ocsp_json(const x509::OcspOutcome& outcome, WallTime now) {
  nlohmann::ordered_json json;
  json["status"] = nullptr;
  if (!outcome.failure.empty()) json["failure"] = outcome.failure;
  if (!outcome.answer) return json;
  const x509::OcspAnswer& answer = *outcome.answer;
  json["status"] = x509::name(answer.status);
  json["produced_at"] = to_rfc3339(answer.produced_at);
  json["this_update"] = to_rfc3339(answer.this_update);
  json["next_update"] = answer.has_next_update ? nlohmann::ordered_json(to_rfc3339(answer.valid_until)) : nullptr;
  json["age_seconds"] = (now - answer.this_update).count();
  return json;
}

nlohmann::ordered_json finding_json(const x509::RevocationFinding& finding, WallTime now) {
  nlohmann::ordered_json json;
  json["status"] = x509::name(finding.status);
  json["crl"] = nullptr;
  json["ocsp"] = finding.ocsp ? ocsp_json(*finding.ocsp, now) : nlohmann::ordered_json{};
  if (finding.crl == nullptr) return json;
  const x509::Crl& crl = *finding.crl;
  json["crl"] = {{"issuer", x509::render_name(*X509_get_subject_name(&crl.issuer().handle()))},
                 {"number", crl.number()},
                 {"this_update", to_rfc3339(crl.this_update())},
                 {"next_update", to_rfc3339(crl.next_update())},
                 {"age_seconds", (now - crl.this_update()).count()},
                 {"entries", crl.size()}};
  return json;
}

void report_path(const x509::VerifiedPath& path, WallTime now, bool is_json) {
  nlohmann::ordered_json json;
  json["valid"] = true;
  json["path"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < path.certificates.size(); ++i) {
    const x509::Certificate& certificate = path.certificates[i];
    const std::string subject = x509::render_name(*X509_get_subject_name(&certificate.handle()));
    json["path"].push_back({{"subject", subject},
                            {"x5t#S256", x509::x5t_s256(certificate)},
                            {"not_after", to_rfc3339(certificate.not_after())}});
    if (!is_json) print(printable(subject) + "\t" + x509::x5t_s256(certificate) + "\n");
    if (i >= path.revocation.size()) continue;
    json["path"].back()["revocation"] = finding_json(path.revocation[i], now);
    if (!is_json) print("\t" + printable(x509::describe_finding(path.revocation[i], certificate, now)) + "\n");
  }
  json["not_after"] = to_rfc3339(path.not_after);
  if (is_json) {
    print_json(json);
  } else {
    if (path.revocation.empty()) print("revocation was not looked at\n");
    print("valid until " + to_rfc3339(path.not_after) + "\n");
  }
}

ExitStatus run_cert_verify(const Arguments& arguments) {
  const bool is_json = arguments.has("--json");
  x509::OcspCache answers;
  x509::OcspDesk desk{answers};
  auto query = parse_query(arguments);
  if (!query) return fail(ExitStatus::wrong_usage, query.error());
  const auto mode = parse_mode(arguments);
  if (!mode) return fail(ExitStatus::wrong_usage, mode.error());
  const auto ocsp = parse_ocsp(arguments);
  if (!ocsp) return fail(ExitStatus::wrong_usage, ocsp.error());
  auto anchors = load_certificates(arguments.value("--anchors"), is_json);
  if (anchors.status != ExitStatus::done) return anchors.status;
  auto [chain, status] = load_certificates(arguments.value("--chain"), is_json);
  if (status != ExitStatus::done) return status;
  const auto store = x509::TrustStore::make("--anchors", std::move(anchors.certificates), {}, true);
  if (!store) return report_refusal(store.error(), is_json);
  const x509::Certificate leaf = chain.front();
  chain.erase(chain.begin());
  const LoadedRevocation revocation = load_revocation(arguments, **store, chain, *mode, ocsp->options);
  if (revocation.status != ExitStatus::done) return revocation.status;
  if (const auto key = x509::check_presented_key(leaf); !key) return report_refusal(key.error(), is_json);
  query->ocsp = &desk;
  auto path = revocation.store->verify(leaf, chain, *query);
  if (!desk.questions.empty()) {
    ask_ocsp(desk, ocsp->fetching, query->now, arguments);
    path = revocation.store->verify(leaf, chain, *query);
  }
  if (!path) return report_refusal(path.error(), is_json);
  report_path(*path, query->now, is_json);
  return ExitStatus::done;
}

}  // namespace

const Verb kCertVerify{"cert", "verify", "validate a client certificate chain as the server does", kCertVerifyArguments,
                       &run_cert_verify};

}  // namespace certbound::cli
