#include "app/shared_certificates.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "x509/certificate.hpp"
#include "x509/subject_pattern_index.hpp"
#include "x509/subject_rule.hpp"

namespace certbound::app {

namespace {

using TrustStores = std::map<std::string, std::shared_ptr<const x509::TrustStore>, std::less<>>;

/// Finds the clients whose registered subject a certificate meets, whoever issued it.
class SubjectIndex {
 public:
  explicit SubjectIndex(const config::Config& config) {
    for (std::size_t i = 0; i < config.clients.size(); ++i) {
      if (config.clients[i].subject) add(config.clients[i], i);
    }
  }

  /// Indexes into Config::clients; each once.
  [[nodiscard]] std::vector<std::size_t> find(const x509::Certificate& certificate) {
    std::vector<std::size_t> found;
    const x509::RegistrableSubjects subjects = x509::registrable_subjects(certificate);
    for (const model::RegisteredSubject& subject : subjects.subjects) {
      if (const auto rule = x509::SubjectRule::parse(subject)) {
        if (const auto plain = plain_.find(rule->canonical()); plain != plain_.end()) {
          found.insert(found.end(), plain->second.begin(), plain->second.end());
        }
      }
      if (subject.field == model::SubjectField::subject_dn) find_patterns(subject.value, found);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

 private:
  // What does not parse was a problem where it was read.
  void add(const model::Client& client, std::size_t number) {
    if (client.subject->field == model::SubjectField::subject_dn_pattern) {
      if (auto pattern = x509::SubjectPattern::parse(client.subject->value)) {
        patterns_[client.trust_store].add(*std::move(pattern), number);
      }
    } else if (const auto rule = x509::SubjectRule::parse(*client.subject)) {
      plain_[rule->canonical()].push_back(number);
    }
  }

  /// In one trust store at most one pattern matches: more are an error of the configuration.
  void find_patterns(const std::string& subject, std::vector<std::size_t>& found) {
    const auto name = x509::Name::parse(subject);
    if (!name) return;  // then no pattern is met by it
    const x509::SubjectPattern wanted = x509::SubjectPattern::of(*name);
    for (auto& [store, patterns] : patterns_) {
      for (const std::size_t number : patterns.find_overlaps(wanted)) found.push_back(number);
    }
  }

  std::unordered_map<std::string, std::vector<std::size_t>> plain_;      ///< by SubjectRule::canonical()
  std::unordered_map<std::string, x509::SubjectPatternIndex> patterns_;  ///< by trust store
};

/// The names of the trust stores that accept the certificate, each tried once.
class Acceptance {
 public:
  Acceptance(const TrustStores& stores, const x509::Certificate& certificate, WallTime now)
      : stores_{stores}, certificate_{certificate}, now_{now} {}

  [[nodiscard]] bool is_accepted_by(const std::string& name) {
    const auto [known, is_new] = verdicts_.try_emplace(name, false);
    if (is_new) {
      const auto store = stores_.find(name);
      x509::TrustStore::Query query;
      query.now = now_;
      known->second = store != stores_.end() && store->second->find_path(certificate_, {}, query);
    }
    return known->second;
  }

 private:
  const TrustStores& stores_;
  const x509::Certificate& certificate_;
  WallTime now_;
  std::unordered_map<std::string, bool> verdicts_;
};

config::Problem warn_of_pair(const config::Config& config, std::size_t registered, std::size_t other) {
  const model::Client& client = config.clients[registered];
  const model::Client& also = config.clients[other];
  config::Problem problem;
  problem.severity = config::Severity::warning;
  problem.key = "clients." + client.client_id.text();
  problem.message = "a certificate of this client authenticates client " + config::in_quotes(also.client_id.text()) +
                    " (" + also.origin.place + ") too, by its subject and trust store " +
                    config::in_quotes(also.trust_store) + "; register one certificate for one client";
  const config::ClientPlace& place = config.client_places[registered];
  problem.file = config.files[place.file];
  problem.line = static_cast<int>(place.line);
  problem.column = static_cast<int>(place.column);
  return problem;
}

}  // namespace

std::vector<config::Problem> find_shared_certificates(const config::Config& config, const TrustStores& trust_stores,
                                                      WallTime now) {
  std::vector<config::Problem> problems;
  if (config.issued_certificates.empty()) return problems;
  SubjectIndex subjects{config};
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const config::IssuedCertificate& issued : config.issued_certificates) {
    const auto certificate = x509::Certificate::parse_der(issued.der);
    if (!certificate) continue;  // it was parsed when it was read, so it parses
    Acceptance acceptance{trust_stores, *certificate, now};
    for (const std::size_t other : subjects.find(*certificate)) {
      if (acceptance.is_accepted_by(config.clients[other].trust_store)) pairs.emplace_back(issued.client, other);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [registered, other] : pairs) problems.push_back(warn_of_pair(config, registered, other));
  return problems;
}

}  // namespace certbound::app
