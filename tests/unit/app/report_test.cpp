#include "app/report.hpp"

#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::app {

namespace {

WatchedCertificate watched(const std::string& name) {
  WatchedCertificate certificate;
  certificate.role = "anchor";
  certificate.name = name;
  certificate.subject = "CN=a\"b";
  certificate.serial = "01";
  certificate.not_after = certbound::test::kNow;
  return certificate;
}

}  // namespace

TEST(ShowCertificates, ShowsTheEndOfEach) {
  metrics::Registry registry;
  show_certificates(registry, {watched("partner: a.crt"), watched("partner: b.crt")});
  const std::string text = registry.render_text();
  const std::string series = "certbound_certificate_not_after_seconds{";
  EXPECT_NE(text.find(series), std::string::npos) << text;
  EXPECT_NE(text.find("# HELP certbound_certificate_not_after_seconds When"), std::string::npos) << text;
  EXPECT_NE(text.find("name=\"partner: a.crt\""), std::string::npos) << text;
  EXPECT_NE(text.find("subject=\"CN=a\\\"b\""), std::string::npos) << text;
  EXPECT_NE(text.find("1768478400"), std::string::npos) << text;
}

// A CA that was renewed under its name, both of them in one file.
TEST(ShowCertificates, TellsTwoOfOneNameApart) {
  metrics::Registry registry;
  WatchedCertificate renewed = watched("partner: a.crt");
  renewed.serial = "02";
  show_certificates(registry, {watched("partner: a.crt"), renewed});
  const std::string text = registry.render_text();
  EXPECT_NE(text.find("serial=\"01\""), std::string::npos) << text;
  EXPECT_NE(text.find("serial=\"02\""), std::string::npos) << text;
}

// A certificate that a reload took away is not shown any more.
TEST(ShowCertificates, ForgetsThoseThatAreGone) {
  metrics::Registry registry;
  show_certificates(registry, {watched("a"), watched("b")});
  show_certificates(registry, {watched("b")});
  const std::string text = registry.render_text();
  EXPECT_EQ(text.find("name=\"a\""), std::string::npos) << text;
  EXPECT_NE(text.find("name=\"b\""), std::string::npos) << text;
}

TEST(ShowCrls, ShowsTheNextUpdateOfEachAndForgetsThoseThatAreGone) {
  metrics::Registry registry;
  WatchedCrl crl;
  crl.name = "partner: partner.crl";
  crl.issuer = "CN=Root";
  crl.issuer_serial = "01";
  crl.next_update = certbound::test::kNow;
  show_crls(registry, {crl});
  const std::string text = registry.render_text();
  EXPECT_NE(text.find("# HELP certbound_crl_next_update_seconds When"), std::string::npos) << text;
  EXPECT_NE(text.find("issuer=\"CN=Root\""), std::string::npos) << text;
  EXPECT_NE(text.find("name=\"partner: partner.crl\""), std::string::npos) << text;
  EXPECT_NE(text.find("1768478400"), std::string::npos) << text;
  show_crls(registry, {});
  EXPECT_EQ(registry.render_text().find("partner.crl"), std::string::npos);
}

TEST(LogOptions, HasWhatIsConfigured) {
  config::LogOptions options;
  options.level = log::Level::debug;
  options.format = log::Format::text;
  EXPECT_EQ(log_options(options).level, log::Level::debug);
  EXPECT_EQ(log_options(options).format, log::Format::text);
  options.format = log::Format::json;
  EXPECT_EQ(log_options(options).format, log::Format::json);
}

TEST(ReportProblems, WritesOneLineForEachToStderr) {
  config::Problem problem;
  problem.file = "certbound.yaml";
  problem.line = 4;
  problem.column = 13;
  problem.key = "tokens.lifetime";
  problem.message = "not a duration";
  testing::internal::CaptureStderr();
  report_problems({problem, problem});
  EXPECT_EQ(
      testing::internal::GetCapturedStderr(),
      "certbound.yaml:4:13: tokens.lifetime: not a duration\ncertbound.yaml:4:13: tokens.lifetime: not a duration\n");
}

}  // namespace certbound::app
