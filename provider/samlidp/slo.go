package samlidp

import (
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func (e *Endpoint) leave(*gin.Context) error { return errs.New(errs.NotFound, "") }
