/* circlet's C ABI: Circle Loss and its relatives on memory of the caller, for C, LuaJIT's ffi,
 * Python's ctypes.
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
enum { CIRCLET_MEAN_NONZERO = 4 }; /* of circlet_loss alone */
enum { CIRCLET_COSINE = 0, CIRCLET_DOT = 1, CIRCLET_EUCLIDEAN = 2 };

/* What a forward pass keeps for backward, and the last error. */
typedef struct circlet_context circlet_context;

/* Rows to read: element (i, j) is data[i * row_stride + j], 0 <= i < rows, 0 <= j < columns. labels
 * [rows]: integers from 1; NULL only for rows that are the classes 1..rows. */
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
                            take 4 MiB or less, otherwise what a fourth copy of the rows takes;
                            of two sets, what the references take, up to 256 MiB */
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

/* The losses of the family. Which formula each is, and what its options mean, stands in README.md;
 * there a name is circlet.<name>_loss. */
enum {
  CIRCLET_LOSS_CIRCLE = 0,
  CIRCLET_LOSS_UNIFIED = 1,
  CIRCLET_LOSS_MULTI_SIMILARITY = 2,
  CIRCLET_LOSS_CONTRASTIVE = 3,
  CIRCLET_LOSS_TRIPLET_HARD = 4,
  CIRCLET_LOSS_TRIPLET_ALL = 5,
  CIRCLET_LOSS_LIFTED = 6,
  CIRCLET_LOSS_GENERALIZED_LIFTED = 7,
  CIRCLET_LOSS_SUPCON = 8,
  CIRCLET_LOSS_NT_XENT = 9,
  CIRCLET_LOSS_MARGIN = 10, /* softmax with margins; references are classes */
  CIRCLET_LOSS_PROXY_ANCHOR =
      11 /* queries are the classes, with labels NULL; references are rows */
};

/* Places in circlet_loss.parameter; circlet_loss_parameter_name() tells them too. */
enum { CIRCLET_CIRCLE_M = 0, CIRCLET_CIRCLE_GAMMA = 1 };
enum { CIRCLET_UNIFIED_M = 0, CIRCLET_UNIFIED_GAMMA = 1 };
enum {
  CIRCLET_MULTI_SIMILARITY_ALPHA = 0,
  CIRCLET_MULTI_SIMILARITY_BETA = 1,
  CIRCLET_MULTI_SIMILARITY_BASE = 2
};
enum { CIRCLET_CONTRASTIVE_POS_MARGIN = 0, CIRCLET_CONTRASTIVE_NEG_MARGIN = 1 };
enum { CIRCLET_TRIPLET_MARGIN = 0, CIRCLET_TRIPLET_SOFT = 1 };         /* hard and all */
enum { CIRCLET_LIFTED_POS_MARGIN = 0, CIRCLET_LIFTED_NEG_MARGIN = 1 }; /* and generalized */
enum { CIRCLET_SUPCON_TEMPERATURE = 0 };
enum { CIRCLET_NT_XENT_TEMPERATURE = 0 };
enum {
  CIRCLET_MARGIN_SCALE = 0,
  CIRCLET_MARGIN_M1 = 1,
  CIRCLET_MARGIN_M2 = 2,
  CIRCLET_MARGIN_M3 = 3,
  CIRCLET_MARGIN_LABEL_SMOOTHING = 4,
  CIRCLET_MARGIN_BEYOND = 5 /* 0, or a sum of the two below */
};
enum { CIRCLET_MARGIN_MONOTONE = 1, CIRCLET_MARGIN_EASY = 2 };
enum { CIRCLET_PROXY_ANCHOR_MARGIN = 0, CIRCLET_PROXY_ANCHOR_SCALE = 1 };

/* Which pairs are positive: those with one label; with labels in common; the same, each as often as
 * Jaccard's index of its labels says. */
enum { CIRCLET_EQUAL_LABELS = 0, CIRCLET_SHARED_LABELS = 1, CIRCLET_SOFT_LABELS = 2 };

/* A loss and its options. It may grow at its end: the library takes every size that it has ever
 * had, and what a caller's structure lacks keeps its default. */
typedef struct circlet_loss {
  int64_t size;        /* of this structure, in bytes: circlet_loss_init sets it */
  int32_t loss;        /* CIRCLET_LOSS_...: circlet_loss_init sets it */
  int32_t variant;     /* circlet_loss_variant_name(): "through_alpha", 0 or 1; "measure",
                          0 of distances, 1 of similarities */
  double parameter[8]; /* by the places above */
  int32_t aggregate;   /* as in circlet_options */
  int32_t reduction;   /* the same, or CIRCLET_MEAN_NONZERO, over the terms that are not 0 */
  int32_t similarity;  /* as in circlet_options */
  int32_t ignores;     /* 1: rows with the label below take no part, whatever they hold */
  int64_t ignore_label;
  double filter_eps;     /* as in circlet_options */
  int64_t memory_budget; /* as in circlet_options */
  const double *weights; /* [queries] how often each anchor's loss counts; NULL: once */
  int64_t centres;       /* so many consecutive references are one class, of which a row meets the
                            most similar; 1 */
  const void *bias;      /* [classes] of CIRCLET_LOSS_MARGIN, of the elements' type; NULL: none */
  int64_t hardest_negatives;  /* so many count for each anchor; 0: all */
  const double *pair_weights; /* how often a pair counts: [partners], or [C,C] by the labels of
                                 anchor and partner where pair_labels is C and not 0; NULL: once */
  int64_t pair_labels;
  const double *own[8]; /* in place of a parameter: [queries], or by label, [own_labels] where that
                           is not 0; NULL: the parameter is that of all */
  int64_t own_labels[8];
  int64_t positives; /* CIRCLET_EQUAL_LABELS; with the others labels are [rows, G], 0 being none: */
  int64_t query_labels;     /* G of the queries */
  int64_t reference_labels; /* G of the references */
} circlet_loss;

/* The caller sets `size`, and gets what that has room for. */
typedef struct circlet_loss_facts {
  int64_t size;                   /* of this structure, in bytes */
  double loss;                    /* reduced; for CIRCLET_NONE the sum */
  int64_t n_anchors, n_valid;     /* valid: with the pairs that the loss needs */
  int64_t n_positive, n_negative; /* ordered pairs */
  double mean_sp, mean_sn;        /* mean similarities of those pairs; NaN when there are none */
  int64_t n_nonzero;              /* terms that are not 0 */
  int64_t n_without_positive, n_without_negative; /* anchors */
} circlet_loss_facts;

/* The number of a loss by its name, -1: there is none; and the other way round, NULL: there is
 * none. */
CIRCLET_API int circlet_loss_named(const char *name);
CIRCLET_API const char *circlet_loss_name(int loss);

/* The name of a loss's parameter at a place, and of its variant; NULL: it has none. */
CIRCLET_API const char *circlet_loss_parameter_name(int loss, int place);
CIRCLET_API const char *circlet_loss_variant_name(int loss);

/* The defaults of a loss into *options. size: sizeof(circlet_loss) where the caller was compiled.
 * CIRCLET_EINVALID: the library does not know that size, or the loss. */
CIRCLET_API int circlet_loss_init(circlet_loss *options, int64_t size, int loss);

/* Scale, margin and similarity of a named member of CIRCLET_LOSS_MARGIN: "softmax", "normface",
 * "cosface", "am_softmax", "arcface", "sphereface". CIRCLET_EINVALID: another loss or name. */
CIRCLET_API int circlet_loss_preset(circlet_loss *options, const char *name);

/* Any loss, called as circlet_pair_forward; facts may be NULL. Tensors named in *options are read
 * by this call alone. circlet_pair_backward gives its gradients. */
CIRCLET_API int circlet_loss_forward(circlet_context *context, int type,
                                     const circlet_rows *queries, const circlet_rows *references,
                                     const circlet_loss *options, void *losses,
                                     circlet_loss_facts *facts);

/* circlet_pair_backward with the gradient of the bias, [classes], as well; NULL: not wanted. */
CIRCLET_API int circlet_loss_backward(circlet_context *context, double scale,
                                      const circlet_matrix *grad_queries,
                                      const circlet_matrix *grad_references, void *grad_bias);

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
