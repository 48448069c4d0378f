#pragma once

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/writer.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"
#include "jose/jws_verify.hpp"
#include "oauth/endpoints/documents.hpp"
#include "oauth/service.hpp"
#include "store/memory/memory_store.hpp"
#include "support/ocsp_source.hpp"
#include "support/pki.hpp"
#include "unit/store/coroutine_runner.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::oauth {

using Json = nlohmann::json;
using PeerChain = std::shared_ptr<const x509::PresentedChain>;

/// The clock of the service under test.
struct FakeClock {
  static inline WallTime now = test::kNow;
  static WallTime read() { return now; }
};

inline constexpr std::string_view kIssuer = "https://as.example:8443";
inline constexpr std::string_view kOrders = "https://orders.example";
inline constexpr std::string_view kStock = "https://stock.example";

template <typename T>
T value_or_throw(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().detail};
  return *std::move(result);
}

inline PeerChain present(const test::Identity& leaf, std::vector<x509::Certificate> others = {}) {
  return std::make_shared<const x509::PresentedChain>(leaf.certificate, std::move(others));
}

/// `alg` of a new key; the RSA one is made once.
inline SigningKey make_signing_key(model::SigningAlgorithm algorithm) {
  const auto type = jose::key_type_for(algorithm);
  static const std::shared_ptr<EVP_PKEY> kRsa = value_or_throw(crypto::make_key(crypto::KeyType::rsa_2048));
  SigningKey key;
  key.key = type == crypto::KeyType::rsa_2048 ? kRsa : value_or_throw(crypto::make_key(type));
  key.record.kid = value_or_throw(jose::key_thumbprint(*key.key)).to_base64url();
  key.record.algorithm = algorithm;
  key.record.created_at = test::kNow;
  return key;
}

inline std::shared_ptr<const x509::TrustStore> make_store(const std::string& name, const test::Identity& root) {
  return value_or_throw(x509::TrustStore::make(name, {root.certificate}, {}, true));
}

/// Renders what follows from the rest; after each change.
inline void render_documents(Snapshot& snapshot) {
  snapshot.metadata = render_metadata(snapshot);
  snapshot.jwks = value_or_throw(render_jwks(snapshot.keys, snapshot.signing.jwks_max_age));
}

inline model::Client make_registration(const std::string& id) {
  model::Client client{*model::ClientId::parse(id)};
  client.subject = model::RegisteredSubject{model::SubjectField::subject_dn, "CN=" + id};
  client.trust_store = "partner";
  client.scope = *model::Scope::parse("read write admin");
  client.resources = {std::string{kOrders}, std::string{kStock}};
  client.origin = {"yaml", "certbound.yaml:1"};
  return client;
}

inline model::Client make_self_signed_registration(const std::string& id) {
  model::Client client = make_registration(id);
  client.token_endpoint_auth_method = model::AuthMethod::self_signed_tls_client_auth;
  client.subject.reset();
  client.trust_store.clear();
  return client;
}

/// A self-signed certificate CN=`common_name`.
inline test::Identity make_self_signed(const std::string& common_name) {
  test::Shape shape;
  shape.subject = {{"CN", common_name}};
  return test::make_identity(shape);
}

struct Answer {
  int status = 0;
  std::string text;
  Json body;
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string_view content_type;

  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return "(absent)";
  }
};

/// The protocol over a memory store, without sockets. The certificates: `root` is the anchor of trust store `partner`,
/// `rival_root` that of `rival`; `etl` is CN=etl below root.
class ServiceFixture : public testing::Test {
 protected:
  ServiceFixture() {
    FakeClock::now = test::kNow;
    snapshot_.generation = 1;
    snapshot_.issuer = kIssuer;
    snapshot_.urls.listener_origins = {std::string{kIssuer}};
    for (const auto& [identifier, scopes] : {std::pair{kOrders, "read write"}, std::pair{kStock, "read count"}}) {
      model::Resource resource{std::string{identifier}, *model::Scope::parse(scopes)};
      snapshot_.resources.emplace(resource.identifier, resource);
    }
    snapshot_.trust_stores = {{"partner", make_store("partner", root_)}, {"rival", make_store("rival", rival_root_)}};
    snapshot_.keys.push_back(make_signing_key(model::SigningAlgorithm::es256));
    audit_ = value_or_throw(audit::Writer::open(audit_path_, audit::Options{}, registry_));
  }

  /// Registers `clients`, publishes the snapshot as it stands.
  void start(std::vector<model::Client> clients) {
    end();
    store_ = value_or_throw(store::memory::make_memory_store(clients));
    start_over(value_or_throw(store::make_executor(*store_, store::ExecutorOptions())));
  }
  /// The recorder's thread uses what follows.
  void end() {
    service_.reset();
    denials_.reset();
  }
  void start_over(std::unique_ptr<store::Executor> executor) {
    end();
    executor_ = std::move(executor);
    if (!store_) store_ = value_or_throw(store::memory::make_memory_store());
    seen_ = std::make_unique<store::SeenRecorder>(value_or_throw(store_->make_seen_store()), registry_);
    directory_.emplace(*executor_);
    denied_ = std::make_shared<const DenyList>();
    denials_ = std::make_unique<store::DenialRecorder>(
        value_or_throw(store_->make_denial_store()), std::span<const model::Denial>{},
        [this](std::span<const model::Denial> added, std::span<const model::Denial> removed) {
          // On the recorder's thread; ask() publishes it on the service's.
          const std::lock_guard lock{denied_mutex_};
          denied_ = denied_->with(added, removed);
        },
        registry_);
    service_.emplace(*directory_, ocsp_, *seen_, *denials_, DpopTools{*replays_, nonces_}, *audit_, metrics_, health_,
                     &FakeClock::read);
    publish();
  }
  void publish() {
    render_documents(snapshot_);
    auto prepared = Service::prepare(std::make_shared<const Snapshot>(snapshot_));
    ASSERT_TRUE(prepared) << prepared.error().detail;
    service_->publish(*std::move(prepared));
  }

  [[nodiscard]] static http::Request make_request(http::Method method, std::string path, PeerChain peer = nullptr) {
    auto connection = std::make_shared<http::Connection>();
    connection->peer_address = "127.0.0.1:50312";
    connection->listener_address = "127.0.0.1:8443";
    connection->peer = std::move(peer);
    http::Request request;
    request.method = method;
    request.path = std::move(path);
    request.id = "request-1";
    request.connection = std::move(connection);
    return request;
  }
  [[nodiscard]] static http::Request make_token_request(std::string body, PeerChain peer) {
    http::Request request = make_request(http::Method::post, "/oauth2/token", std::move(peer));
    request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    request.body = std::move(body);
    return request;
  }

  [[nodiscard]] Answer ask(const http::Request& request) {
    service_->publish_denied(denied());
    boost::asio::io_context context{1};
    std::optional<http::Response> response;
    store::start_task(context, service_->handle(request), response);
    context.run();
    return to_answer(response);
  }
  /// A token request of a client, with more parameters as they stand in a body.
  [[nodiscard]] Answer ask_token(const std::string& client_id, PeerChain peer, const std::string& more = "") {
    return ask(make_token_request("grant_type=client_credentials&client_id=" + client_id + more, std::move(peer)));
  }
  [[nodiscard]] Answer ask_document(const std::string& path, http::Method method = http::Method::get) {
    return ask(make_request(method, path));
  }

  [[nodiscard]] static Answer to_answer(const std::optional<http::Response>& response) {
    Answer answer;
    if (!response) throw std::runtime_error{"no answer"};
    answer.status = response->status;
    answer.text = response->body;
    answer.body = Json::parse(response->body, nullptr, false);
    answer.headers = response->headers;
    answer.content_type = response->content_type;
    return answer;
  }

  [[nodiscard]] std::shared_ptr<const DenyList> denied() {
    const std::lock_guard lock{denied_mutex_};
    return denied_;
  }

  /// The records of decisions so far, oldest first.
  [[nodiscard]] std::vector<Json> records() const {
    std::vector<Json> found;
    std::ifstream file{audit_path_};
    for (std::string line; std::getline(file, line);) {
      if (audit::kind_of(line) == audit::RecordKind::decision) found.push_back(Json::parse(line));
    }
    return found;
  }
  [[nodiscard]] std::string last_reason() const {
    const auto all = records();
    return all.empty() ? "(no record)" : all.back()["reason"].get<std::string>();
  }

  /// A client's request to another endpoint; `more` are parameters as they stand in a body.
  [[nodiscard]] static http::Request make_client_request(const std::string& path, const std::string& client_id,
                                                         PeerChain peer, const std::string& more = "") {
    http::Request request = make_token_request("client_id=" + client_id + more, std::move(peer));
    request.path = path;
    return request;
  }

  /// Refused with that code and, in the audit record, that reason; and nothing that looks like a token.
  void expect_refused(const Answer& answer, int status, const std::string& error, const std::string& reason) {
    EXPECT_EQ(answer.status, status) << answer.text;
    EXPECT_EQ(answer.body.value("error", "(none)"), error) << answer.text;
    EXPECT_EQ(last_reason(), reason) << answer.text;
    EXPECT_FALSE(answer.body.contains("access_token"));
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.body.value("request_id", "(none)"), "request-1");
  }

  /// The claims of a token that the published keys verify.
  [[nodiscard]] Json claims_of(const Answer& answer) { return Json::parse(verify(answer).payload); }
  [[nodiscard]] jose::VerifiedJws verify(const Answer& answer) {
    return verify_text(answer.body.value("access_token", ""));
  }
  [[nodiscard]] jose::VerifiedJws verify_text(const std::string& token) {
    const auto keys = jose::parse_jwk_set(Json::parse(ask_document("/oauth2/jwks").text));
    if (!keys) throw std::runtime_error{keys.error().detail};
    const std::string_view algorithms[] = {"ES256", "PS256", "EdDSA", "RS256"};
    return value_or_throw(jose::verify_compact(token, *keys, algorithms));
  }

  test::Identity root_ = test::make_root("Partner Root");
  test::Identity rival_root_ = test::make_root("Rival Root");
  test::Identity etl_ = test::make_client("etl", root_);

  store::TemporaryFolder folder_;
  std::filesystem::path audit_path_ = folder_.path() / "audit.jsonl";
  metrics::Registry registry_;
  test::ScriptedOcsp ocsp_;
  ServiceMetrics metrics_{registry_};
  Health health_;
  Snapshot snapshot_;  ///< what publish() publishes
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<audit::Writer> audit_;
  std::unique_ptr<store::Executor> executor_;
  std::unique_ptr<store::SeenRecorder> seen_;
  std::optional<store::ClientDirectory> directory_;
  std::mutex denied_mutex_;  // guards denied_
  std::shared_ptr<const DenyList> denied_;
  std::unique_ptr<store::DenialRecorder> denials_;
  std::unique_ptr<ReplayStore> replays_ = std::make_unique<LocalReplayStore>(1000, WallTime{}, registry_);
  proof::NonceMaker nonces_ = value_or_throw(proof::NonceMaker::make("test", std::chrono::minutes{5}));
  std::optional<Service> service_;
};

}  // namespace certbound::oauth
