#include <nlohmann/json.hpp>

#include "app/materials.hpp"
#include "app/report.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/ask_ocsp.hpp"
#include "cli/fetched.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"
#include "cli/token_input.hpp"
#include "oauth/explain.hpp"
#include "store/directory_client.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kClientExplainArguments[] = {
    {"ID", ArgumentKind::positional, "client_id", true},
    {"--cert", ArgumentKind::value, "the partner's certificate in PEM, leaf first, with what it sends along", false},
    {"--assertion", ArgumentKind::value, "a file with the client_assertion, or - for standard input", false},
    {"--secret", ArgumentKind::value, "a file with the client's secret, or - for standard input", false},
    {"--dpop", ArgumentKind::value, "a file with the DPoP proof, or - for standard input", false},
    {"--url", ArgumentKind::value, "the URL that the client calls; else the issuer's token endpoint", false},
    {"--time", ArgumentKind::value, "judge as of this time: RFC 3339 or Unix seconds", false},
    kConfigArgument,
    kJsonArgument,
};

nlohmann::ordered_json explanation_json(const oauth::Explanation& explanation) {
  nlohmann::ordered_json json;
  json["accepted"] = explanation.is_accepted();
  json["reason"] = name(explanation.reason);
  if (!explanation.detail.empty()) json["detail"] = explanation.detail;
  json["steps"] = nlohmann::ordered_json::array();
  for (const oauth::Step& step : explanation.steps) {
    nlohmann::ordered_json entry;
    entry["step"] = step.name;
    entry["outcome"] = name(step.outcome);
    entry["expected"] = step.expected;
    entry["presented"] = step.presented;
    if (!step.detail.empty()) entry["detail"] = step.detail;
    json["steps"].push_back(std::move(entry));
  }
  return json;
}

std::string mark(oauth::StepOutcome outcome) {
  switch (outcome) {
    case oauth::StepOutcome::passed:
      return "[ok]  ";
    case oauth::StepOutcome::failed:
      return "[FAIL]";
    case oauth::StepOutcome::not_reached:
      return "[ - ] ";
  }
  return {};
}

void print_explanation(const oauth::Explanation& explanation) {
  for (const oauth::Step& step : explanation.steps) {
    print(mark(step.outcome) + " " + step.name + "\n");
    if (step.outcome == oauth::StepOutcome::not_reached) continue;
    if (!step.expected.empty()) print("         expected   " + printable(step.expected) + "\n");
    if (!step.presented.empty()) print("         presented  " + printable(step.presented) + "\n");
    if (!step.detail.empty()) print("         " + printable(step.detail) + "\n");
  }
  if (explanation.is_accepted()) {
    print("accepted\n");
    return;
  }
  print("refused: " + std::string{name(explanation.reason)} + ": " + printable(explanation.detail) + "\n" +
        std::string{meaning(explanation.reason)} + "\n");
}

Result<x509::PresentedChain> load_presented(const std::string& file) {
  const auto pem = load_file(file);
  if (!pem) return pem.error();
  auto certificates = x509::parse_pem_certificates(*pem);
  if (!certificates) return invalid_input(file + ": " + certificates.error().detail);
  x509::Certificate leaf = certificates->front();
  certificates->erase(certificates->begin());
  return x509::PresentedChain{std::move(leaf), *std::move(certificates)};
}

/// The trust stores of the configuration; the server's own certificate and its key are not looked at, since who may
/// read that key is not who asks here. Nothing where a file is at fault: then its problem was printed.
std::optional<app::Materials> load_trust_stores(config::Config config) {
  config.tls = {};
  config.fetch = {};
  app::LoadedMaterials loaded = app::load_materials(config, wall_now(), app::find_in_copies(config.state_dir));
  if (!loaded.materials) app::report_problems(loaded.problems);
  return std::move(loaded.materials);
}

/// What the registry says of the client.
struct Known {
  store::DirectoryClient entry;
  oauth::FetchedKeys fetched;
  std::vector<model::Denial> denials;
};

oauth::Explanation explain(const Known& known, const oauth::Snapshot& snapshot, const oauth::ExplainedRequest& request,
                           WallTime now, const fetch::Options& options, const Arguments& arguments) {
  x509::OcspCache answers;
  x509::OcspDesk desk{answers};
  const auto ask = [&] {
    return oauth::explain_client(known.entry, snapshot, known.fetched, known.denials, request, now, desk);
  };
  oauth::Explanation explanation = ask();
  if (desk.questions.empty()) return explanation;
  ask_ocsp(desk, options, now, arguments);
  return ask();
}

ExitStatus report(const oauth::Explanation& explanation, const Arguments& arguments) {
  if (arguments.has("--json")) {
    print_json(explanation_json(explanation));
  } else {
    print_explanation(explanation);
  }
  return explanation.is_accepted() ? ExitStatus::done : ExitStatus::answer_is_no;
}

ExitStatus report_unknown(const std::string& client_id, const Registry& registry, const Arguments& arguments) {
  const auto clients = registry.list_clients();
  if (!clients) return fail(ExitStatus::could_not_run, clients.error());
  std::vector<std::string_view> ids;
  ids.reserve(clients->size());
  for (const model::Client& client : *clients) ids.push_back(client.client_id.text());
  return report(oauth::explain_unknown_client(client_id, nearest(client_id, ids)), arguments);
}

/// What the partner would send, as far as the arguments say it.
struct Brought {
  std::optional<x509::PresentedChain> certificate;
  std::string assertion;
  oauth::ExplainedRequest request;  // views of the others
};

/// A text that need not stand in the list of processes. Errors: `invalid_request`, `detail` names the option's file.
Result<std::string> read_secretly(const Arguments& arguments, std::string_view option) {
  constexpr std::size_t kMostOctets = 64UL * 1024;
  const std::string place = arguments.value(option);
  if (place == "-") return read_standard_input();
  auto text = load_file(place, kMostOctets);
  if (text) text->erase(text->find_last_not_of(" \r\n") + 1);
  return text;
}

Result<void> read_credentials(const Arguments& arguments, const model::Client& client, Brought& brought) {
  using Kind = oauth::Credential::Kind;
  oauth::Credential& credential = brought.request.credential;
  if (arguments.has("--assertion")) {
    auto text = read_secretly(arguments, "--assertion");
    if (!text) return std::move(text).error();
    brought.assertion = *std::move(text);
    credential.assertion = brought.assertion;
    credential.kind = Kind::assertion;
  }
  if (arguments.has("--secret")) {
    auto text = read_secretly(arguments, "--secret");
    if (!text) return std::move(text).error();
    credential.secret = *std::move(text);
    const bool is_post = client.token_endpoint_auth_method == model::AuthMethod::client_secret_post;
    credential.kind = is_post ? Kind::secret_in_body : Kind::basic;
  }
  if (!arguments.has("--dpop")) return {};
  auto proof = read_secretly(arguments, "--dpop");
  if (!proof) return std::move(proof).error();
  brought.request.dpop = *std::move(proof);
  return {};
}

/// Errors: as the files' readers.
Result<void> read_brought(const Arguments& arguments, const model::Client& client, const std::string& issuer,
                          Brought& brought) {
  if (arguments.has("--cert")) {
    auto presented = load_presented(arguments.value("--cert"));
    if (!presented) return std::move(presented).error();
    brought.certificate = *std::move(presented);
    brought.request.certificate = &*brought.certificate;
  }
  const std::string base = issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer;
  brought.request.url = arguments.has("--url") ? arguments.value("--url") : base + "/oauth2/token";
  return read_credentials(arguments, client, brought);
}

/// Empty, or what is wrong with the arguments together.
std::string check_arguments(const Arguments& arguments) {
  if (arguments.has("--assertion") && arguments.has("--secret")) {
    return "--assertion and --secret: a request has one credential";
  }
  int from_input = 0;
  bool is_any = arguments.has("--cert");
  for (const std::string_view option : {"--assertion", "--secret", "--dpop"}) {
    is_any = is_any || arguments.has(option);
    if (arguments.value(option) == "-") ++from_input;
  }
  if (from_input > 1) return "standard input is one text; put the other into a file";
  return is_any ? "" : "say what the client sends: --cert, --assertion, --secret, --dpop";
}

ExitStatus run_client_explain(const Arguments& arguments) {
  if (const std::string wrong = check_arguments(arguments); !wrong.empty()) {
    return fail(ExitStatus::wrong_usage, wrong);
  }
  const auto id = model::ClientId::parse(arguments.value("ID"));
  if (!id) return fail(ExitStatus::wrong_usage, "\"" + arguments.value("ID") + "\" is not a client_id");
  const auto now = arguments.has("--time") ? parse_time(arguments.value("--time")) : Result<WallTime>{wall_now()};
  if (!now) return fail(ExitStatus::wrong_usage, now.error());
  OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  const auto client = opened.registry->find_client(*id);
  if (!client) return fail(ExitStatus::could_not_run, client.error());
  if (!*client) return report_unknown(id->text(), *opened.registry, arguments);
  auto entry = store::make_directory_client(**client);
  if (!entry) return fail(ExitStatus::could_not_run, entry.error());
  auto denials = opened.registry->load_denials();
  if (!denials) return fail(ExitStatus::could_not_run, denials.error());
  Known known{*std::move(entry), {}, *std::move(denials)};
  Brought brought;
  const config::Config& config = opened.registry->config;
  if (auto read = read_brought(arguments, known.entry.client, config.issuer, brought); !read) {
    return fail(ExitStatus::could_not_run, read.error());
  }
  oauth::Snapshot snapshot;
  snapshot.issuer = config.issuer;
  snapshot.profile = config.profile;
  snapshot.allows_client_secrets = config.client_secrets == config::ClientSecrets::allowed;
  snapshot.chain_limits = config.limits.chain;
  const fetch::Options fetch_options = opened.registry->config.fetch;
  FetchedState state;
  const model::Client& registered = known.entry.client;
  if (!registered.jwks_uri.empty()) state = load_fetched(opened.registry->config.state_dir, registered);
  if (state.kept) known.fetched.keys = state.kept->keys.get();
  known.fetched.source = describe_fetched(registered, state, wall_now());
  auto materials = load_trust_stores(std::move(opened.registry->config));
  if (!materials) return ExitStatus::answer_is_no;
  snapshot.trust_stores = std::move(materials->trust_stores);
  return report(explain(known, snapshot, brought.request, *now, fetch_options, arguments), arguments);
}

}  // namespace

const Verb kClientExplain{"client", "explain", "every step of authenticating a client with what it sends",
                          kClientExplainArguments, &run_client_explain};

}  // namespace certbound::cli
