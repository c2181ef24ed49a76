/* circlet's C ABI: Circle Loss on memory of the caller, for C, LuaJIT's ffi, Python's ctypes.
 *
 *     circlet_context *context;
 *     circlet_options options;
 *     circlet_facts facts;
 *     circlet_rows x = {data, 512, 128, 128, labels};        x: [512,128] float32, labels: [512]
 *     circlet_matrix gradient = {grad, 512, 128, 128};
 *     if (circlet_context_new(&context) != CIRCLET_OK) ...
 *     circlet_options_init(&options, sizeof options);
 *     if (circlet_pair_forward(context, CIRCLET_FLOAT, &x, NULL, &options, NULL, &facts) ||
 *         circlet_pair_backward(context, 1, &gradient, NULL))
 *       fprintf(stderr, "%s\n", circlet_last_error(context));
 *     circlet_context_free(context);
 *
 * Link with -lcirclet. Nothing is copied that need not be. The rows of references are read again by
 * circlet_pair_backward: they must stay as they were until its last call for a forward pass. No
 * other pointer of the caller's is kept after a call returns. Functions never print and never end
 * the program. Every int that is a status is 0 (CIRCLET_OK) or one of the codes below, and
 * circlet_last_error() then says what was wrong.
 *
 * Threads: a context belongs to one thread at a time; different contexts may be used at once.
 * Results have the same bits on every run and for every number of threads. Positions in messages
 * are counted from 1.
 *
 * Version: CIRCLET_VERSION is that of the release (semver.org), here and nowhere else.
 * CIRCLET_ABI_VERSION grows when a program compiled against this header would have to be
 * changed. A program that loads the library at run time compares it with circlet_abi_version().
 * Structures that may grow begin with their own size. */
#ifndef CIRCLET_H
#define CIRCLET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CIRCLET_VERSION     "0.1.0"
#define CIRCLET_ABI_VERSION 1

#if defined(__GNUC__)
#define CIRCLET_API __attribute__((visibility("default")))
#else
#define CIRCLET_API
#endif

/* Statuses */
enum {
  CIRCLET_OK = 0,
  CIRCLET_EINVALID = 1,    /* an argument breaks the contract */
  CIRCLET_ENOMEM = 2,      /* memory was refused; the context can be used again */
  CIRCLET_EINTERRUPTED = 5 /* circlet_interrupt() was called; the context holds no forward pass */
};

/* Types of elements */
enum { CIRCLET_FLOAT = 0, CIRCLET_DOUBLE = 1 };

/* Choices of circlet_options */
enum { CIRCLET_PER_ANCHOR = 0, CIRCLET_PER_BATCH = 1 };
enum { CIRCLET_MEAN = 0, CIRCLET_MEAN_ALL = 1, CIRCLET_SUM = 2, CIRCLET_NONE = 3 };
enum { CIRCLET_COSINE = 0, CIRCLET_DOT = 1, CIRCLET_EUCLIDEAN = 2 };

/* What a forward pass keeps for backward, and the last error. */
typedef struct circlet_context circlet_context;

/* Rows to read: element (i, j) is data[i * row_stride + j], 0 <= i < rows, 0 <= j < columns. labels
 * [rows]: integers from 1; NULL only for references that are the classes 1..rows. */
typedef struct circlet_rows {
  const void *data;
  int64_t rows, columns, row_stride; /* row_stride >= columns, in elements */
  const int64_t *labels;
} circlet_rows;

/* Rows to write, which may not overlap any that are read. */
typedef struct circlet_matrix {
  void *data;
  int64_t rows, columns, row_stride;
} circlet_matrix;

typedef struct circlet_options {
  int64_t size;          /* of this structure, in bytes: circlet_options_init sets it */
  double m;              /* margin, 0.25 */
  double gamma;          /* scale > 0, 256 */
  int32_t aggregate;     /* CIRCLET_PER_ANCHOR, a term for each anchor, or CIRCLET_PER_BATCH */
  int32_t reduction;     /* CIRCLET_MEAN over valid anchors, _MEAN_ALL over all, _SUM, _NONE */
  int32_t similarity;    /* CIRCLET_COSINE, _DOT or _EUCLIDEAN (1 - |x-y|^2/2) */
  int32_t through_alpha; /* 0: the paper's gradient; 1: that of the full formula */
  double filter_eps;     /* 0: the exact gradient; pairs below this share of it are left out */
  int64_t memory_budget; /* bytes that may hold similarities between the passes; -1: all where they
                            take 4 MiB or less, otherwise what a fourth copy of the rows takes */
} circlet_options;

typedef struct circlet_facts {
  double loss;                    /* reduced; for CIRCLET_NONE the sum */
  int64_t n_anchors, n_valid;     /* valid: with a positive and a negative */
  int64_t n_positive, n_negative; /* ordered pairs */
  double mean_sp, mean_sn;        /* mean similarities of those pairs; NaN when there are none */
} circlet_facts;

/* CIRCLET_VERSION and CIRCLET_ABI_VERSION of the library that is loaded. */
CIRCLET_API const char *circlet_version(void);
CIRCLET_API int circlet_abi_version(void);

/* Threads that calls from this thread use from now on (at least 1), and how many they do. */
CIRCLET_API void circlet_set_threads(int count);
CIRCLET_API int circlet_threads(void);

/* Makes the call that runs now, or the next one, end with CIRCLET_EINTERRUPTED within 0.2 s. May be
 * called from a signal handler and from any thread; it reaches one call of the process. */
CIRCLET_API void circlet_interrupt(void);

/* A new context in *out, to be ended with circlet_context_free (NULL is allowed there). */
CIRCLET_API int circlet_context_new(circlet_context **out);
CIRCLET_API void circlet_context_free(circlet_context *context);

/* What was wrong with the last call on this context that failed; "" before any did. Valid until the
 * next call on the context. */
CIRCLET_API const char *circlet_last_error(const circlet_context *context);

/* The defaults into *options. size: sizeof(circlet_options) where the caller was compiled.
 * CIRCLET_EINVALID when the library does not know that size. */
CIRCLET_API int circlet_options_init(circlet_options *options, int64_t size);

/* Circle Loss of `queries` against themselves (references NULL; a row is no pair with itself), or
 * against `references`. type: of all elements. options NULL: the defaults. losses NULL, or, for
 * CIRCLET_NONE, one loss for each query, of the type of the elements. Fills *facts.
 * CIRCLET_EINVALID: sizes, labels or options out of range, NULL where data is needed, NaN or
 * infinity in a row (the message names the first). No rows cost 0. */
CIRCLET_API int circlet_pair_forward(circlet_context *context, int type,
                                     const circlet_rows *queries, const circlet_rows *references,
                                     const circlet_options *options, void *losses,
                                     circlet_facts *facts);

/* The gradient of `scale` times the loss of the context's last forward pass, into rows of the sizes
 * and the type of that pass; NULL: not wanted. CIRCLET_EINVALID without a forward pass before. */
CIRCLET_API int circlet_pair_backward(circlet_context *context, double scale,
                                      const circlet_matrix *grad_queries,
                                      const circlet_matrix *grad_references);

/* Circle Loss of given similarities of B anchors, positives [B,K] and negatives [B,L] (labels are
 * not looked at), and, unless both are NULL, the gradients of `scale` times it in the same sizes.
 * options' similarity, filter_eps and memory_budget play no part. The rest as above. */
CIRCLET_API int circlet_similarity_loss(circlet_context *context, int type,
                                        const circlet_rows *positives,
                                        const circlet_rows *negatives,
                                        const circlet_options *options, double scale, void *losses,
                                        const circlet_matrix *grad_positives,
                                        const circlet_matrix *grad_negatives, circlet_facts *facts);

/* DLPack (version 1.x): matrices of other libraries as rows to read or to write, and matrices for
 * them. DLManagedTensorVersioned is declared by DLPack's own header, dlpack/dlpack.h.
 *
 * circlet_dlpack_rows and circlet_dlpack_matrix look at a tensor [rows, columns], float32 or
 * float64 in memory of the CPU, elements of a row adjacent, and set *type and the structure. They
 * take nothing over: the tensor stays the caller's, and must live as long as the structure is used.
 * labels: NULL, or [rows], int64, adjacent. circlet_dlpack_matrix refuses memory that is read-only.
 *
 * circlet_dlpack_new makes a tensor [rows, columns] of zeros in *out, which is the caller's: it, or
 * the library that it is handed to, calls (*out)->deleter(*out) once, on any thread. */
struct DLManagedTensorVersioned;
CIRCLET_API int circlet_dlpack_rows(circlet_context *context,
                                    const struct DLManagedTensorVersioned *tensor,
                                    const struct DLManagedTensorVersioned *labels, int *type,
                                    circlet_rows *rows);
CIRCLET_API int circlet_dlpack_matrix(circlet_context *context,
                                      const struct DLManagedTensorVersioned *tensor, int *type,
                                      circlet_matrix *matrix);
CIRCLET_API int circlet_dlpack_new(circlet_context *context, int type, int64_t rows,
                                   int64_t columns, struct DLManagedTensorVersioned **out);

#ifdef __cplusplus
}
#endif

#endif
