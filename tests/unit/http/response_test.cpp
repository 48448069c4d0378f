#include "http/response.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>

namespace certbound::http {

namespace {

RenderContext context_with(std::string_view request_id) {
  RenderContext context;
  context.request_id = request_id;
  context.date = "Sat, 21 Nov 2026 02:20:38 GMT";
  return context;
}

std::string rendered(const Response& response, const RenderContext& context) {
  std::string out;
  append_response(out, response, context);
  return out;
}

bool has_line(const std::string& bytes, const std::string& line) {
  return bytes.find("\r\n" + line + "\r\n") != std::string::npos;
}

WallTime at(long long seconds) { return WallTime{std::chrono::seconds{seconds}}; }

}  // namespace

TEST(AppendResponse, WritesStatusLineHeadersAndBody) {
  Response response{200, "application/json", "{}"};
  response.headers.emplace_back("Cache-Control", "no-store");

  EXPECT_EQ(rendered(response, context_with("r-1")),
            "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 02:20:38 GMT\r\nContent-Type: application/json\r\n"
            "Cache-Control: no-store\r\nX-Request-Id: r-1\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(AppendResponse, AppendsToWhatIsThere) {
  std::string out = "before";
  append_response(out, Response{200, "text/plain", "x"}, context_with("r"));
  EXPECT_TRUE(out.starts_with("beforeHTTP/1.1 200 OK\r\n"));
}

// Response splitting: whatever a value holds, no header of it gets out.
TEST(AppendResponse, LeavesOutAHeaderThatWouldSplitTheAnswer) {
  for (const std::string_view value : {std::string_view{"a\r\nSet-Cookie: x"}, std::string_view{"a\nb"},
                                       std::string_view{"a\rb"}, std::string_view{"a\0b", 3}}) {
    Response response{200, "text/plain", "x"};
    response.headers.emplace_back("Location", std::string{value});
    const std::string bytes = rendered(response, context_with("r"));
    EXPECT_EQ(bytes.find("Location"), std::string::npos);
    EXPECT_EQ(bytes.find("Set-Cookie"), std::string::npos);
    EXPECT_TRUE(bytes.ends_with("Content-Length: 1\r\n\r\nx"));
  }
}

TEST(AppendResponse, LeavesOutARequestIdThatWouldSplitTheAnswer) {
  EXPECT_EQ(rendered(Response{200, "text/plain", "x"}, context_with("a\r\nX: y")).find("X-Request-Id"),
            std::string::npos);
}

// RFC 9110 section 8.6: no Content-Length in a 204; RFC 9112 section 6.3: neither has a body, whatever was put there.
TEST(AppendResponse, SendsNoBodyAndNoLengthWhereTheStatusHasNone) {
  for (const int status : {204, 304}) {
    Response response;
    response.status = status;
    response.body = "not for the wire";
    const std::string bytes = rendered(response, context_with("r"));
    EXPECT_EQ(bytes.find("Content-Length"), std::string::npos) << status;
    EXPECT_EQ(bytes.find("Content-Type"), std::string::npos) << status;
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n")) << status;
  }
}

TEST(AppendResponse, SaysThatAnEmptyBodyIsEmpty) {
  Response response;
  EXPECT_TRUE(has_line(rendered(response, context_with("r")), "Content-Length: 0"));
}

// RFC 9110 section 9.3.2: HEAD has the headers of GET, its length among them, and no body.
TEST(AppendResponse, AnswersHeadWithTheLengthAndWithoutTheBody) {
  RenderContext context = context_with("r");
  context.omit_body = true;
  const std::string bytes = rendered(Response{200, "text/plain", "12345"}, context);

  EXPECT_TRUE(has_line(bytes, "Content-Length: 5"));
  EXPECT_TRUE(bytes.ends_with("\r\n\r\n"));
}

TEST(AppendResponse, SaysThatTheConnectionEnds) {
  RenderContext context = context_with("r");
  EXPECT_FALSE(has_line(rendered(Response{200, "text/plain", "x"}, context), "Connection: close"));
  context.close = true;
  EXPECT_TRUE(has_line(rendered(Response{200, "text/plain", "x"}, context), "Connection: close"));
}

TEST(ReasonPhrase, NamesEveryStatusThatIsSent) {
  constexpr std::array<int, 15> kSent{200, 204, 304, 400, 401, 404, 405, 408, 413, 414, 431, 500, 501, 503, 505};
  std::set<std::string_view> phrases;
  for (const int status : kSent) phrases.insert(reason_phrase(status));
  EXPECT_EQ(phrases.size(), kSent.size());
  EXPECT_FALSE(phrases.contains("Status"));
  EXPECT_EQ(reason_phrase(599), "Status");
}

// RFC 9110 section 5.6.7 has the first; the others are those of date(1).
TEST(RenderHttpDate, MatchesKnownDates) {
  EXPECT_EQ(render_http_date(at(784111777)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(render_http_date(at(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(render_http_date(at(951782399)), "Mon, 28 Feb 2000 23:59:59 GMT");
  EXPECT_EQ(render_http_date(at(951782400)), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(render_http_date(at(1795227638)), "Sat, 21 Nov 2026 02:20:38 GMT");
  EXPECT_EQ(render_http_date(at(2147483648)), "Tue, 19 Jan 2038 03:14:08 GMT");
  EXPECT_EQ(render_http_date(at(4102444799)), "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST(HttpDateNow, HasTheFormOfAnImfFixdate) {
  const std::string_view date = http_date_now();
  EXPECT_EQ(date.size(), 29U);
  EXPECT_TRUE(date.ends_with(" GMT"));
}

}  // namespace certbound::http
