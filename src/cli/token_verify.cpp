#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "certbound/token_verifier.hpp"
#include "cli/output.hpp"
#include "cli/token_input.hpp"
#include "cli/verb.hpp"
#include "x509/certificate.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kTokenVerifyArguments[] = {
    kTokenArgument,
    {"--jwks", ArgumentKind::value, "the issuer's JWK Set: a file or an https URL", true},
    kJwksCaArgument,
    {"--issuer", ArgumentKind::value, "the issuer, as the tokens name it in iss", true},
    {"--audience", ArgumentKind::values, "the resource's identifier; may be given several times", true},
    {"--cert", ArgumentKind::value, "the certificate of the connection in PEM, leaf first; without it there is none",
     false},
    {"--dpop", ArgumentKind::value, "the DPoP proof of the request; without it the token came as Bearer", false},
    {"--method", ArgumentKind::value, "the method of the request, for the proof; default GET", false},
    {"--url", ArgumentKind::value, "the URL that the client called, for the proof", false},
    {"--scope", ArgumentKind::values, "a scope that the request needs; may be given several times", false},
    {"--denied", ArgumentKind::value, "the issuer's deny feed: a file or an https URL; without it none is looked at",
     false},
    {"--allow-unbound", ArgumentKind::flag, "accept also tokens that are bound to nothing"},
    {"--time", ArgumentKind::value, "judge as of this time: RFC 3339 or Unix seconds", false},
    kJsonArgument,
};

Result<PresentedCertificate> load_presented_certificate(const Arguments& arguments) {
  if (!arguments.has("--cert")) return PresentedCertificate::none();
  const std::string file = arguments.value("--cert");
  const auto pem = load_file(file);
  if (!pem) return pem.error();
  const auto certificates = x509::parse_pem_certificates(*pem);
  if (!certificates) return invalid_input(file + ": " + certificates.error().detail);
  // As in a handshake: the first is the peer's own.
  return PresentedCertificate::from_x509(&certificates->front().handle());
}

Result<VerifierOptions> read_verifier_options(const Arguments& arguments) {
  VerifierOptions options;
  options.issuer = arguments.value("--issuer");
  options.audiences = arguments.values("--audience");
  if (arguments.has("--allow-unbound")) options.binding = Binding::when_bound;
  if (!arguments.has("--time")) return options;
  const auto time = parse_time(arguments.value("--time"));
  if (!time) return time.error();
  options.clock = [now = *time] { return now; };
  return options;
}

nlohmann::ordered_json decision_json(const Decision& decision) {
  nlohmann::ordered_json json;
  json["accepted"] = decision.is_accepted();
  if (decision) {
    const auto claims = parse_json(decision.token().claims_json);
    if (claims) json["claims"] = *claims;
    json["kid"] = decision.token().key_id;
    return json;
  }
  const Refusal& refusal = decision.refusal();
  json["reason"] = name(refusal.reason);
  json["detail"] = refusal.detail;
  json["status"] = refusal.status;
  json["www_authenticate"] = refusal.www_authenticate;
  return json;
}

std::string describe_binding(const AccessToken& token) {
  if (!token.x5t_s256 && !token.jkt) return "nothing";
  std::vector<std::string> proofs;
  if (token.x5t_s256) proofs.push_back(*token.x5t_s256 + " (x5t#S256)");
  if (token.jkt) proofs.push_back(*token.jkt + " (jkt)");
  return join(proofs, " and ");
}

void print_decision(const Decision& decision) {
  if (!decision) {
    const Refusal& refusal = decision.refusal();
    print("refused: " + std::string{name(refusal.reason)} + ": " + printable(refusal.detail) + "\n");
    print("the answer to it: " + std::to_string(refusal.status) + "\n");
    if (!refusal.www_authenticate.empty()) print("WWW-Authenticate: " + refusal.www_authenticate + "\n");
    return;
  }
  const AccessToken& token = decision.token();
  print("accepted\n  client_id  " + printable(token.client_id) + "\n  sub        " + printable(token.subject) +
        "\n  scope      " + printable(join(token.scopes, " ")) + "\n  expires    " + to_rfc3339(token.expires_at) +
        "\n  bound to   " + describe_binding(token) + "\n");
}

ExitStatus report_decision(const Decision& decision, const Arguments& arguments) {
  if (arguments.has("--json")) {
    print_json(decision_json(decision));
  } else {
    print_decision(decision);
  }
  return decision ? ExitStatus::done : ExitStatus::answer_is_no;
}

Decision decide(const TokenVerifier& verifier, const Arguments& arguments, const PresentedCertificate& certificate) {
  const std::vector<std::string> scopes = arguments.values("--scope");
  const std::vector<std::string_view> required{scopes.begin(), scopes.end()};
  const std::string token = read_token(arguments.value("TOKEN"));
  if (!arguments.has("--dpop")) return verifier.verify(token, certificate, required);
  const std::string field = "DPoP " + token;
  const std::string proof = arguments.value("--dpop");
  const std::string method = arguments.has("--method") ? arguments.value("--method") : "GET";
  const std::string url = arguments.value("--url");
  const std::string_view fields[] = {field};
  const std::string_view proofs[] = {proof};
  return verifier.verify_request({method, url, fields, proofs}, certificate, required);
}

ExitStatus run_token_verify(const Arguments& arguments) {
  if (arguments.has("--dpop") != arguments.has("--url") || (arguments.has("--method") && !arguments.has("--dpop"))) {
    return fail(ExitStatus::wrong_usage, "--dpop and --url go together, and --method with them");
  }
  auto options = read_verifier_options(arguments);
  if (!options) return fail(ExitStatus::wrong_usage, options.error());
  const auto certificate = load_presented_certificate(arguments);
  if (!certificate) return fail(ExitStatus::could_not_run, certificate.error());
  auto jwks = load_document(arguments, "--jwks");
  if (!jwks) return fail(ExitStatus::could_not_run, jwks.error());
  if (arguments.has("--denied")) {
    auto feed = load_document(arguments, "--denied");
    if (!feed) return fail(ExitStatus::could_not_run, feed.error());
    options->fetch_denied = [text = *std::move(feed)] { return std::optional{text}; };
  }
  options->jwks = *std::move(jwks);
  if (options->jwks.empty()) return fail(ExitStatus::answer_is_no, "--jwks: empty");
  try {
    const TokenVerifier verifier{*std::move(options)};
    return report_decision(decide(verifier, arguments, *certificate), arguments);
  } catch (const std::invalid_argument& problem) {
    return fail(ExitStatus::answer_is_no, problem.what());
  }
}

}  // namespace

const Verb kTokenVerify{"token", "verify", "what a resource server would decide about a token, and why",
                        kTokenVerifyArguments, &run_token_verify};

}  // namespace certbound::cli
