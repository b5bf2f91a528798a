#include "signature.h"
#include <stdbool.h>
#include <string.h>
#include "mbedtls/ecp.h"
#include "mbedtls/pk.h"
#include "mbedtls/private_access.h" /* Mbed TLS 3 */
#include "mbedtls/x509_crt.h"

/* DER has one form for two whole numbers. Mbed TLS takes others, too (library/asn1parse.c: long lengths, leading zeros, negative numbers). */
static bool is_der(const unsigned char *s, size_t length)
{
  if (s[0] != 0x30 || s[1] != length - 2) return false;
  size_t at = 2;
  for (int n = 0; n < 2; n++) {
    if (length - at < 3 || s[at] != 2) return false;
    size_t size = s[at + 1], first = at + 2;
    if (size == 0 || size > length - first || s[first] > 127) return false;
    if (size > 1 && s[first] == 0 && s[first + 1] < 128) return false;
    at = first + size;
  }
  return at == length;
}

static int check(mbedtls_pk_context *pk, const unsigned char *digest, const unsigned char *signature, size_t length)
{
  if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA)) return MBEDTLS_ERR_PK_TYPE_MISMATCH;
  if (mbedtls_pk_ec(*pk)->MBEDTLS_PRIVATE(grp).id != MBEDTLS_ECP_DP_SECP256R1) return MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE;
  if (!is_der(signature, length)) return MBEDTLS_ERR_ECP_VERIFY_FAILED;
  return mbedtls_pk_verify(pk, MBEDTLS_MD_SHA256, digest, JOBSFW_DIGEST_LENGTH, signature, length);
}

/* Mbed TLS takes a buffer as PEM only when its last counted byte is NUL (Mbed-TLS/mbedtls library/pkparse.c,
 * mbedtls_pk_parse_public_key; library/x509_crt.c, mbedtls_x509_crt_parse), and DER by its true length. */
static int parse(mbedtls_x509_crt *holder, const char *key, size_t length)
{
  const unsigned char *bytes = (const unsigned char *)key;
  if (strstr(key, "-----BEGIN ")) length++;
  int result = mbedtls_pk_parse_public_key(&holder->pk, bytes, length);
  if (result != 0) result = mbedtls_x509_crt_parse(holder, bytes, length);
  return result > 0 ? MBEDTLS_ERR_X509_INVALID_FORMAT : result; /* so many of several could not be parsed */
}

int jobsfw_verify(const char *key, size_t key_length, const unsigned char *digest, size_t digest_length,
                  const unsigned char *signature, size_t signature_length)
{
  if (digest_length != JOBSFW_DIGEST_LENGTH || key_length == 0 || key_length > JOBSFW_KEY_MAX ||
      signature_length < JOBSFW_SIGNATURE_MIN || signature_length > JOBSFW_SIGNATURE_MAX)
    return MBEDTLS_ERR_PK_BAD_INPUT_DATA;

  mbedtls_x509_crt holder; /* of a certificate, or of a key alone */
  mbedtls_x509_crt_init(&holder);
  int result = parse(&holder, key, key_length);
  if (result == 0) result = check(&holder.pk, digest, signature, signature_length);
  mbedtls_x509_crt_free(&holder);
  return result;
}
