/* Checks an ECDSA signature over NIST P-256 of a SHA-256 digest. No ESP-IDF in here: Mbed TLS only. */
#pragma once
#include <stddef.h>

#define JOBSFW_DIGEST_LENGTH 32
#define JOBSFW_KEY_MAX 4096      /* a PEM certificate has about 1,000 bytes */
#define JOBSFW_SIGNATURE_MIN 8   /* SEQUENCE of two INTEGERs of one byte each */
#define JOBSFW_SIGNATURE_MAX 72  /* two INTEGERs of 33 bytes each */

/* Returns 0 for a good signature, else Mbed TLS's negative code.
 * key: public key (SubjectPublicKeyInfo) or X.509 certificate, PEM or DER, and key[key_length] must be a NUL. Of a text with both
 * the key counts, of several certificates the first, and then all of them must be readable. signature: DER, in the one form that it
 * has. The certificate's own signature, dates and purposes are not looked at: it is a container for a key that the person put on the
 * board. */
int jobsfw_verify(const char *key, size_t key_length, const unsigned char *digest, size_t digest_length,
                  const unsigned char *signature, size_t signature_length);
