#include "platform/http/compression.hpp"

#include "platform/http/media_type.hpp"
#include "platform/http/response_writer.hpp"
#include "platform/http/unchecked_fields.hpp"

namespace troupe::http {

namespace {

// Prepared fields are shared by many answers, so all lines move to those of this one.
void weaken_tag(response& r) {
  if (!r.field("ETag")) return;
  auto& lines = unchecked_fields::of(r);
  lines.insert(0, r.shared_fields.view());
  r.shared_fields = {};
  const auto tag = *r.field("ETag");
  if (!tag.starts_with("W/")) lines.insert(static_cast<std::size_t>(tag.data() - lines.data()), "W/");
}

} // namespace

bool may_be_compressed(const response& r) noexcept {
  return !r.file && !r.is_streamed && !r.has_own_type() && r.body.size() >= least_compressed_bytes && r.body.size() <= most_compressed_bytes &&
         has_body(r.status) && r.status != 206 && is_compressible(r.content_type) && !r.field("Content-Encoding") &&
         !r.field("Content-Range");
}

void compress(response& r, gzip_encoder& encoder, bool client_accepts) {
  if (r.status != 304 && !may_be_compressed(r)) return;
  r.add_field("Vary", "Accept-Encoding");
  if (r.status == 304 || !client_accepts) return;
  const auto packed = encoder.encode(r.body.view());
  if (packed.empty()) return;
  r.body = base::shared_bytes(packed);
  r.add_field("Content-Encoding", "gzip");
  weaken_tag(r);
}

} // namespace troupe::http
