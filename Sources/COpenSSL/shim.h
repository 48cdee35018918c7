// OpenSSL 3 for Swift: the headers that the device host needs, and functions for those of their
// macros that take arguments, which Swift cannot import.

#pragma once

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline int relink_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
  return SSL_CTX_set_min_proto_version(context, version) == 1;
}

static inline void relink_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) {
  SSL_CTX_set_session_cache_mode(context, mode);
}

static inline void relink_SSL_CTX_set_mode(SSL_CTX *context, long mode) {
  SSL_CTX_set_mode(context, mode);
}

static inline int relink_SSL_set_tlsext_host_name(SSL *connection, const char *name) {
  return SSL_set_tlsext_host_name(connection, name) == 1;
}

static inline EVP_PKEY *relink_EVP_EC_gen(const char *curve) {
  return EVP_EC_gen(curve);
}

static inline long relink_BIO_get_mem_data(BIO *bio, const char **bytes) {
  return BIO_get_mem_data(bio, (char **)bytes);
}

static inline void relink_X509V3_set_ctx_nodb(X509V3_CTX *context) {
  X509V3_set_ctx_nodb(context);
}
