#include <Python.h>
#include <time.h>

#define TEXT(words) #words
#define QUOTED(words) TEXT(words)
#ifndef BUILT_AS
#define BUILT_AS
#endif

/* A function whose name depends on the musl release on 32-bit architectures. */
static PyObject *
now(PyObject *self, PyObject *ignored)
{
    struct timespec time;
    if (clock_gettime(CLOCK_REALTIME, &time) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLongLong(time.tv_sec);
}

/* Which of the wheels this is. */
static PyObject *
built_as(PyObject *self, PyObject *ignored)
{
    return PyUnicode_FromString(QUOTED(BUILT_AS));
}

static PyMethodDef methods[] = {
    {"now", now, METH_NOARGS, "Return the seconds since 1970."},
    {"built_as", built_as, METH_NOARGS, "Return what was said at compile time."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "demo", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_demo(void)
{
    return PyModule_Create(&module);
}
