#include "platform/app/start_page.hpp"

namespace troupe::app {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    default: out += c;
    }
  }
  return out;
}

} // namespace

std::string start_page(const std::vector<tier::offered>& offers) {
  std::string page = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Troupe</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#222}
h1{font-weight:600;margin-bottom:.2rem} p{margin-top:.2rem;color:#555}
table{border-collapse:collapse;width:100%} td{padding:.4rem .8rem .4rem 0;border-top:1px solid #ddd;vertical-align:top}
td:first-child{font-weight:600} code{background:#f4f4f4;padding:.1rem .3rem}
</style></head><body>
<h1>Troupe is running</h1>
<p>These services answer here. Try a link, or the same path with <code>curl</code>.</p>
<table>
)";
  std::string_view last;
  for (const auto& offer : offers) {
    page += "<tr><td>" + (offer.service == last ? std::string() : escaped(offer.service)) + "</td><td><a href=\"" +
            escaped(offer.path) + "\"><code>" + escaped(offer.path) + "</code></a></td><td>" + escaped(offer.what) +
            "</td></tr>\n";
    last = offer.service;
  }
  page += "</table>\n</body></html>\n";
  return page;
}

} // namespace troupe::app
