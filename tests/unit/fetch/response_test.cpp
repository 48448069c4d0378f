#include "fetch/response.hpp"

#include <gtest/gtest.h>

#include "fetch/request.hpp"

namespace certbound::fetch {

namespace {

ResponseHead answer_of(int status, std::initializer_list<std::pair<const char*, const char*>> fields = {}) {
  ResponseHead head;
  head.status = status;
  for (const auto& [name, value] : fields) head.fields.emplace_back(name, value);
  return head;
}

Failure verdict(const ResponseHead& head, const Request& request = {}) {
  const auto problem = check_head(head, request);
  return problem ? problem->failure : Failure::none;
}

}  // namespace

TEST(CheckHead, PermitsOkAndNothingElse) {
  EXPECT_EQ(verdict(answer_of(200)), Failure::none);
  for (const int status : {201, 203, 204, 206, 226, 400, 401, 404, 407, 429, 500, 503}) {
    EXPECT_EQ(verdict(answer_of(status)), Failure::status) << status;
  }
  for (const int status : {300, 301, 302, 303, 305, 307, 308}) {
    EXPECT_EQ(verdict(answer_of(status)), Failure::redirected) << status;
  }
}

TEST(CheckHead, PermitsNotModifiedWhereItWasAsked) {
  Request request;
  EXPECT_EQ(verdict(answer_of(304), request), Failure::not_modified_unasked);
  request.validators.etag = "\"a\"";
  EXPECT_EQ(verdict(answer_of(304), request), Failure::none);
  request.method = Method::post;
  EXPECT_EQ(verdict(answer_of(304), request), Failure::not_modified_unasked);
}

TEST(CheckHead, RefusesAContentCoding) {
  EXPECT_EQ(verdict(answer_of(200, {{"content-encoding", "Identity"}})), Failure::none);
  EXPECT_EQ(verdict(answer_of(200, {{"content-encoding", "gzip"}})), Failure::content_encoding);
  EXPECT_EQ(verdict(answer_of(200, {{"content-encoding", "identity"}, {"content-encoding", "gzip"}})),
            Failure::content_encoding);
}

TEST(CheckHead, ComparesTheMediaTypeAlone) {
  Request request;
  request.content_types = {"application/json", "application/jwk-set+json"};
  EXPECT_EQ(verdict(answer_of(200, {{"content-type", "application/JSON; charset=utf-8"}}), request), Failure::none);
  EXPECT_EQ(verdict(answer_of(200, {{"content-type", "application/jwk-set+json"}}), request), Failure::none);
  EXPECT_EQ(verdict(answer_of(200, {{"content-type", "application/json5"}}), request), Failure::content_type);
  EXPECT_EQ(verdict(answer_of(200, {{"content-type", "text/html; application/json"}}), request), Failure::content_type);
  EXPECT_EQ(verdict(answer_of(200), request), Failure::content_type);
}

TEST(ResponseHeadFind, JoinsWhatIsRepeated) {
  const auto head = answer_of(200, {{"cache-control", "a"}, {"x", "y"}, {"cache-control", "b"}});
  EXPECT_EQ(head.find("cache-control"), "a, b");
  EXPECT_FALSE(head.find("expires"));
}

}  // namespace certbound::fetch
