\d
\dt
\dt shop.*
\di
\dv *.total
\dv
\ds
\dn shop
\dn+ shop
\dt+ nothing*
\dT nothing*
\df nothing*
\dp item
\dd
\d pub*.ki*
