#include "app/materials.hpp"

#include <iterator>
#include <utility>

#include "app/key_protection.hpp"
#include "app/shared_certificates.hpp"
#include "base/file.hpp"
#include "x509/name.hpp"
#include "x509/validity.hpp"

namespace certbound::app {

namespace {

/// Collects problems at the places of their keys.
class MaterialsLoader {
 public:
  MaterialsLoader(const config::Config& config, WallTime now, const FindFetchedCrls& find_fetched)
      : config_{config}, now_{now}, find_fetched_{find_fetched} {}

  LoadedMaterials load() {
    load_server();
    load_fetch();
    load_key_encryption();
    for (const x509::TrustStoreOptions& options : config_.trust_stores) load_trust_store(options);
    std::vector<config::Problem> shared = find_shared_certificates(config_, materials_.trust_stores, now_);
    materials_.shared_certificates = shared.size();
    problems_.insert(problems_.end(), std::make_move_iterator(shared.begin()), std::make_move_iterator(shared.end()));
    LoadedMaterials loaded;
    loaded.problems = std::move(problems_);
    if (!has_error_) loaded.materials = std::move(materials_);
    return loaded;
  }

 private:
  void add_problem(const std::string& key, config::Severity severity, std::string message) {
    config::Problem problem;
    problem.key = key;
    problem.severity = severity;
    problem.message = std::move(message);
    if (const auto place = config_.find_place(key)) {
      problem.file = place->file;
      problem.line = place->line;
      problem.column = place->column;
    }
    has_error_ = has_error_ || severity == config::Severity::error;
    problems_.push_back(std::move(problem));
  }

  void watch(const std::string& key, std::string role, std::string name, const x509::Certificate& certificate) {
    WatchedCertificate watched;
    watched.role = std::move(role);
    watched.name = std::move(name);
    watched.subject = x509::render_name(*X509_get_subject_name(&certificate.handle()));
    watched.serial = certificate.serial_hex();
    watched.not_after = certificate.not_after();
    const bool is_usable = x509::is_valid_at(certificate, now_);
    if (std::string remark = x509::describe_validity(certificate, now_); !remark.empty()) {
      add_problem(key, !is_usable && watched.role == "server" ? config::Severity::error : config::Severity::warning,
                  std::move(remark));
    }
    materials_.certificates.push_back(std::move(watched));
  }

  void load_server() {
    if (config_.tls.certificate.empty() || config_.tls.private_key.empty()) return;
    auto server = net::load_server_certificate(config_.tls);
    if (!server) {
      const bool is_key = server.error().detail.starts_with(config_.tls.private_key.string() + ":");
      add_problem(is_key ? "tls.private_key" : "tls.certificate", config::Severity::error, server.error().detail);
      return;
    }
    materials_.server = *std::move(server);
    for (const x509::Certificate& certificate : materials_.server.chain) {
      const bool is_leaf = &certificate == &materials_.server.chain.front();
      watch("tls.certificate", is_leaf ? "server" : "server_chain", config_.tls.certificate.string(), certificate);
    }
  }

  void load_fetch() {
    auto settings = fetch::make_settings(config_.fetch);
    if (settings) {
      materials_.fetch = *std::move(settings);
    } else {
      add_problem(config_.fetch.ca_file.empty() ? "fetch" : "fetch.ca_file", config::Severity::error,
                  settings.error().detail);
    }
  }

  void load_key_encryption() {
    if (config_.signing.key_encryption_key.empty()) return;
    auto key = load_key_encryption_key(config_.signing.key_encryption_key);
    if (key) {
      materials_.key_encryption_key = *std::move(key);
    } else {
      add_problem("signing.key_encryption_key", config::Severity::error, key.error().detail);
    }
  }

  std::vector<x509::Certificate> load_certificates(const std::string& key, const std::string& role,
                                                   const std::string& store,
                                                   const std::vector<std::filesystem::path>& files) {
    std::vector<x509::Certificate> certificates;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string place = key + "[" + std::to_string(i) + "]";
      const auto pem = load_file(files[i]);
      if (!pem) {
        add_problem(place, config::Severity::error, pem.error().detail);
        continue;
      }
      const auto parsed = x509::parse_pem_certificates(*pem);
      if (!parsed) {
        add_problem(place, config::Severity::error, files[i].string() + ": " + parsed.error().detail);
        continue;
      }
      for (const x509::Certificate& certificate : *parsed) {
        watch(place, role, store + ": " + files[i].filename().string(), certificate);
        certificates.push_back(certificate);
      }
    }
    return certificates;
  }

  void load_trust_store(const x509::TrustStoreOptions& options) {
    if (options.anchors.empty()) return;
    const bool had_error = std::exchange(has_error_, false);
    const std::string key = "trust_stores." + options.name;
    auto anchors = load_certificates(key + ".anchors", "anchor", options.name, options.anchors);
    auto intermediates = load_certificates(key + ".intermediates", "intermediate", options.name, options.intermediates);
    if (!has_error_) {
      auto store = x509::TrustStore::make(options.name, std::move(anchors), std::move(intermediates), options.strict);
      if (store) {
        const ReportRevocation report = [&](const std::string& member, config::Severity severity, std::string message) {
          add_problem(key + ".revocation." + member, severity, std::move(message));
        };
        add_store(options.name, load_revocation(**store, options.revocation, now_, find_fetched_, report), **store);
      } else {
        add_problem(key, config::Severity::error, store.error().detail);
      }
    }
    has_error_ = has_error_ || had_error;
  }

  void add_store(const std::string& name, LoadedRevocation loaded, const x509::TrustStore& store) {
    materials_.trust_stores.emplace(name, store.with_revocation(std::move(loaded.revocation)));
    std::move(loaded.watched.begin(), loaded.watched.end(), std::back_inserter(materials_.crls));
    std::move(loaded.urls.begin(), loaded.urls.end(), std::back_inserter(materials_.crl_urls));
  }

  const config::Config& config_;
  WallTime now_;
  const FindFetchedCrls& find_fetched_;
  Materials materials_;
  std::vector<config::Problem> problems_;
  bool has_error_ = false;
};

}  // namespace

LoadedMaterials load_materials(const config::Config& config, WallTime now, const FindFetchedCrls& find_fetched) {
  return MaterialsLoader{config, now, find_fetched}.load();
}

}  // namespace certbound::app
