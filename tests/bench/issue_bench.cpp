#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "audit/writer.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"
#include "oauth/endpoints/documents.hpp"
#include "oauth/service.hpp"
#include "store/memory/memory_store.hpp"
#include "support/ocsp_source.hpp"
#include "x509/issue_certificate.hpp"

namespace certbound::oauth {

namespace {

constexpr std::string_view kApi = "https://api.example.com";
constexpr std::string_view kGranted = "grant_type=client_credentials&client_id=etl&scope=orders.read";

template <typename T>
T take_value(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().detail};
  return *std::move(result);
}

/// An answering service without sockets: memory store, audit file, one client.
class Bench {
 public:
  explicit Bench(model::SigningAlgorithm algorithm) {
    std::string folder = (std::filesystem::temp_directory_path() / "certbound-bench-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    folder_ = folder;
    audit_ = take_value(audit::Writer::open(folder_ / "audit.jsonl", audit::Options{}, registry_));

    make_certificates();
    const std::vector<model::Client> clients{make_client()};
    store_ = take_value(store::memory::make_memory_store(clients));
    executor_ = take_value(store::make_executor(*store_, store::ExecutorOptions()));
    directory_.emplace(*executor_);
    seen_ = std::make_unique<store::SeenRecorder>(take_value(store_->make_seen_store()), registry_);
    denials_ = std::make_unique<store::DenialRecorder>(
        take_value(store_->make_denial_store()), std::span<const model::Denial>{}, [](auto, auto) {}, registry_);
    service_.emplace(*directory_, ocsp_, *seen_, *denials_, DpopTools{replays_, nonces_}, *audit_, metrics_, health_,
                     &wall_now);
    publish(algorithm);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] http::Request make_request(std::string_view body) const {
    auto connection = std::make_shared<http::Connection>();
    connection->peer_address = "127.0.0.1:50312";
    connection->listener_address = "127.0.0.1:8443";
    connection->peer = peer_;
    http::Request request;
    request.method = http::Method::post;
    request.path = "/oauth2/token";
    request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    request.body = body;
    request.id = "0123456789012345678901";
    request.connection = std::move(connection);
    return request;
  }

  /// Asks until the benchmark has enough, on one event loop; the first time, which fills the caches, does not count.
  void run(benchmark::State& state, const http::Request& request, int status) {
    boost::asio::io_context context{1};
    boost::asio::co_spawn(context, ask(state, request, status), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    context.run();
  }

 private:
  Task<void> ask(benchmark::State& state, const http::Request& request, int status) {
    const http::Response first = co_await service_->handle(request);
    if (first.status != status) throw std::runtime_error{first.body};
    for (auto _ : state) {
      http::Response response = co_await service_->handle(request);
      benchmark::DoNotOptimize(response);
    }
  }

  void make_certificates() {
    const WallTime now = wall_now();
    x509::CertificateRequest request;
    request.role = x509::CertificateRole::authority;
    request.subject = {{"CN", "Partner Root"}};
    request.not_before = now - std::chrono::hours{1};
    request.not_after = now + std::chrono::hours{24};
    const auto root_key = take_value(crypto::make_key(crypto::KeyType::ec_p256));
    const auto root = take_value(x509::issue_certificate(request, *root_key, {}));
    request.role = x509::CertificateRole::client;
    request.subject = {{"O", "Partner Corp"}, {"CN", "etl-01"}};
    const auto key = take_value(crypto::make_key(crypto::KeyType::ec_p256));
    const auto leaf = take_value(x509::issue_certificate(request, *key, {&root, root_key.get()}));
    peer_ = std::make_shared<const x509::PresentedChain>(leaf, std::vector<x509::Certificate>{});
    trust_store_ = take_value(x509::TrustStore::make("partner", {root}, {}, true));
  }

  static model::Client make_client() {
    model::Client client{*model::ClientId::parse("etl")};
    client.subject = model::RegisteredSubject{model::SubjectField::subject_dn, "CN=etl-01,O=Partner Corp"};
    client.trust_store = "partner";
    client.scope = *model::Scope::parse("orders.read orders.write");
    client.resources = {std::string{kApi}};
    return client;
  }

  void publish(model::SigningAlgorithm algorithm) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->issuer = "https://as.example.com:8443";
    snapshot->signing.algorithm = algorithm;
    model::Resource resource{std::string{kApi}, *model::Scope::parse("orders.read orders.write")};
    snapshot->resources.emplace(resource.identifier, resource);
    snapshot->trust_stores.emplace("partner", trust_store_);
    SigningKey signing_key;
    signing_key.key = take_value(crypto::make_key(jose::key_type_for(algorithm)));
    signing_key.record.kid = take_value(jose::key_thumbprint(*signing_key.key)).to_base64url();
    signing_key.record.algorithm = algorithm;
    snapshot->keys.push_back(signing_key);
    snapshot->metadata = render_metadata(*snapshot);
    snapshot->jwks = take_value(render_jwks(snapshot->keys, std::chrono::minutes{5}));
    service_->publish(take_value(Service::prepare(snapshot)));
  }

  std::filesystem::path folder_;
  metrics::Registry registry_;
  test::ScriptedOcsp ocsp_;
  LocalReplayStore replays_{1000, WallTime{}, registry_};
  proof::NonceMaker nonces_ = take_value(proof::NonceMaker::make("bench", std::chrono::minutes{5}));
  ServiceMetrics metrics_{registry_};
  Health health_;
  std::shared_ptr<const x509::PresentedChain> peer_;
  std::shared_ptr<const x509::TrustStore> trust_store_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<audit::Writer> audit_;
  std::unique_ptr<store::Executor> executor_;
  std::unique_ptr<store::SeenRecorder> seen_;
  std::unique_ptr<store::DenialRecorder> denials_;
  std::optional<store::ClientDirectory> directory_;
  std::optional<Service> service_;
};

// From the HTTP request to the answer with the token, the audit record written: all but the socket and TLS.
void issue_token(benchmark::State& state, model::SigningAlgorithm algorithm) {
  Bench bench{algorithm};
  bench.run(state, bench.make_request(kGranted), 200);
}
BENCHMARK_CAPTURE(issue_token, es256, model::SigningAlgorithm::es256);
BENCHMARK_CAPTURE(issue_token, eddsa, model::SigningAlgorithm::eddsa);
BENCHMARK_CAPTURE(issue_token, ps256, model::SigningAlgorithm::ps256);
BENCHMARK_CAPTURE(issue_token, rs256, model::SigningAlgorithm::rs256);

void serve_jwks(benchmark::State& state) {
  Bench bench{model::SigningAlgorithm::es256};
  http::Request request = bench.make_request("");
  request.method = http::Method::get;
  request.path = "/oauth2/jwks";
  bench.run(state, request, 200);
}
BENCHMARK(serve_jwks);

}  // namespace

}  // namespace certbound::oauth
